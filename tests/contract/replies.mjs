// Every operation of the contract with real replies: the whole story of the platform, told once.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { checked, complaints, new_person, new_sitting } from './scenes.mjs';
import { exercised, operations } from './contract.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);

export function replies(scene) {
  const { url } = scene;

  test('health, readiness and metrics', async () => {
    const anyone = checked(url, null);
    assert.equal((await anyone.get('/healthz')).status, 'ok');
    assert.deepEqual(await anyone.get('/readyz'), { status: 'ready', postgres: true, redis: true, draining: false });
    assert.match((await anyone.done('GET', '/metrics')).text, /guildhall_http_requests_total/);
  });

  test('a session in a cookie, and the way out of it', async () => {
    const account = await new_person(scene.staff.administrator, scene.objects.organisation_id, 'worker');
    const browser = checked(url, account);
    const reply = await browser.done('POST', '/api/session', { ...account, transport: 'cookie' });
    const cookie = reply.headers.get('set-cookie');
    assert.match(cookie, /^guildhall_session=[^;]+; Path=\/; HttpOnly; SameSite=/);
    assert.equal(reply.body.token, null);
    const jar = { cookie: cookie.split(';')[0] };
    const csrf = { ...jar, 'x-csrf-token': reply.body.csrf_token };
    assert.equal((await browser.ask('GET', '/api/session', undefined, jar)).body.person.account, account.account);
    assert.equal((await browser.ask('DELETE', '/api/session', undefined, jar)).body.code, 'csrf');
    assert.equal((await browser.ask('DELETE', '/api/session', undefined, csrf)).status, 204);
    assert.equal((await browser.ask('GET', '/api/session', undefined, jar)).status, 401);
  });

  test('a password is changed, and every session ends where asked', async () => {
    const account = await new_person(scene.staff.administrator, scene.objects.organisation_id, 'worker');
    const here = await checked(url, account).signIn(),
      there = await checked(url, account).signIn();
    assert.equal((await here.ask('PUT', '/api/password', { current: 'wrong one', new: 'another long pass phrase' })).status, 403);
    await here.put('/api/password', { current: account.password, new: 'another long pass phrase' });
    assert.equal((await there.ask('GET', '/api/session')).status, 401);
    const again = await checked(url, { ...account, password: 'another long pass phrase' }).signIn();
    const elsewhere = await checked(url, { ...account, password: 'another long pass phrase' }).signIn();
    await again.done('DELETE', '/api/sessions');
    assert.equal((await again.ask('GET', '/api/session')).status, 401);
    assert.equal((await elsewhere.ask('GET', '/api/session')).status, 401);
  });

  test('organisations, people and roles', async () => {
    const { administrator } = scene.staff,
      { organisation_id, province_id } = scene.objects;
    const city = (await administrator.get(`/api/organisations/${province_id}`)).children.find((each) => each.name === '示范市');
    const key = { 'idempotency-key': randomUUID() };
    const wanted = { parent_id: city.organisation_id, kind: 'county', name: `县 ${randomUUID().slice(0, 6)}` };
    const first = await administrator.post('/api/organisations', wanted, key),
      second = await administrator.post('/api/organisations', wanted, key);
    assert.deepEqual(first, second);
    assert.equal(
      (await administrator.ask('POST', '/api/organisations', wanted, { 'idempotency-key': randomUUID() })).status,
      409,
    );
    const account = await new_person(administrator, organisation_id, 'worker');
    const people = await administrator.get(`/api/organisations/${province_id}/people?limit=200`);
    const found = people.people.find((each) => each.account === account.account);
    const grant = `/api/people/${found.person_id}/roles/proctor/${scene.objects.centre_id}`;
    await administrator.put(grant);
    assert.equal((await checked(url, account).signIn()).session.person.roles.length, 2);
    await administrator.done('DELETE', grant);
    assert.equal((await checked(url, account).signIn()).session.person.roles.length, 1);
    const page = await administrator.get(`/api/organisations/${province_id}/people?limit=2`);
    assert.equal(page.people.length, 2);
    const next = await administrator.get(
      `/api/organisations/${province_id}/people?limit=2&cursor=${encodeURIComponent(page.next_cursor)}`,
    );
    assert.ok(next.people[0].person_id > page.people[1].person_id);
  });

  test('the bank: occupations, trades, an outline, its questions, a picture', async () => {
    const { worker, trainer } = scene.staff,
      { outline_id } = scene.objects;
    const welders = await worker.get(`/api/occupations?text=${encodeURIComponent('焊工')}`);
    assert.ok(welders.occupations.some((each) => each.name.includes('焊工')));
    assert.ok((await worker.get('/api/trades?limit=200')).trades.length >= 8);
    const outline = await worker.get(`/api/outlines/${outline_id}`);
    assert.ok(outline.ranges.some((range) => range.points.length > 0));
    assert.ok(
      (await trainer.get(`/api/outlines/${outline_id}/questions?limit=3`)).questions.every((each) => each.key !== undefined),
    );
    const digest = 'a'.repeat(64);
    await scene.platform.sql(
      `INSERT INTO media (digest, content_type, bytes) VALUES ('${digest}', 'image/png', '\\x${picture.toString('hex')}')`,
    );
    const reply = await worker.done('GET', `/api/media/${digest}`);
    assert.equal(reply.headers.get('content-type'), 'image/png');
    assert.equal(
      (await worker.ask('GET', `/api/media/${digest}`, undefined, { 'if-none-match': reply.headers.get('etag') })).status,
      304,
    );
    assert.equal((await worker.ask('GET', `/api/media/${'b'.repeat(64)}`)).status, 404);
  });

  test('practice: a stage is cleared with the book of wrong questions, and brings points', async () => {
    const account = await new_person(scene.staff.administrator, scene.objects.organisation_id, 'worker');
    const worker = await checked(url, account).signIn(),
      { outline_id, stage_id } = scene.objects;
    const key = { 'idempotency-key': randomUUID() };
    const run = await worker.post(`/api/practice/stages/${stage_id}/runs`, undefined, key);
    assert.deepEqual(await worker.post(`/api/practice/stages/${stage_id}/runs`, undefined, key), run);
    const keys = new Map((await scene.all_questions()).map((each) => [each.question_id, each]));
    let outcome = null;
    for (const { position, question_id } of run.questions) {
      const shown = await worker.done('GET', `/api/practice/questions/${question_id}`);
      assert.equal(
        (
          await worker.ask('GET', `/api/practice/questions/${question_id}`, undefined, {
            'if-none-match': shown.headers.get('etag'),
          })
        ).status,
        304,
      );
      assert.ok(!('key' in shown.body) && !shown.text.includes('explanation'));
      const right = right_answer(keys.get(question_id), shown.body);
      const wrong =
        typeof right === 'boolean' ? !right : typeof right === 'string' ? (right === 'A' ? 'B' : 'A') : right.slice(0, 1);
      const answer = position === 1 ? wrong : right;
      const path = `/api/practice/runs/${run.run_id}/answers`;
      const given = await worker.post(path, { position, answer });
      assert.equal(given.feedback.is_right, position !== 1, `question ${question_id}`);
      assert.deepEqual(await worker.post(path, { position, answer }), given, 'the same request again gets the same feedback');
      outcome = given.outcome;
    }
    assert.equal(outcome.right, run.questions.length - 1);
    assert.deepEqual((await worker.get(`/api/practice/runs/${run.run_id}`)).outcome, outcome);
    const book = await worker.get(`/api/practice/outlines/${outline_id}/wrong-questions`);
    assert.deepEqual(
      book.questions.map((each) => each.question_id),
      [run.questions[0].question_id],
    );
    const board = await worker.get(
      `/api/rankings?organisation=${scene.objects.organisation_id}&trade=${scene.objects.trade_id}&period=week`,
    );
    assert.equal(board.own?.points, outcome.points_earned);
    await worker.get('/api/rankings');
  });

  test('an exam from its blueprint to its released result', async () => {
    const { trainer, centre_manager: manager, proctor, auditor } = scene.staff,
      { blueprint_id } = scene.objects;
    assert.ok((await trainer.get('/api/exam/blueprints')).blueprints.length > 0);
    await trainer.get(`/api/exam/blueprints/${blueprint_id}`);
    const [account, absent] = await Promise.all(
      [1, 2].map(() => new_person(scene.staff.administrator, scene.objects.organisation_id, 'worker')),
    );
    const candidate = await checked(url, account).signIn();
    const sitting = await new_sitting(manager, blueprint_id, { closes: 4, duration: 60 });
    const base = `/api/exam/sittings/${sitting.sitting_id}`;
    const accounts = [account.account, absent.account];
    assert.deepEqual(await manager.post(`${base}/registrations`, { accounts }), { registered: 2, added: 2 });
    assert.deepEqual(await manager.post(`${base}/registrations`, { accounts }), { registered: 2, added: 0 });
    const unknown = await manager.ask('POST', `${base}/registrations`, { accounts: ['nobody-at-all'] });
    assert.deepEqual([unknown.status, unknown.body.errors?.[0].pointer], [422, '/accounts/0']);
    assert.equal((await candidate.get('/api/exam/my/sittings')).sittings[0].state, 'open');
    const attempt = await candidate.post(`${base}/attempt`);
    const path = `/api/exam/attempts/${attempt.attempt_id}`;
    const save = (position, sequence, answer) =>
      candidate.post(`${path}/answers`, { answers: [{ position, sequence, answer }] }).then((reply) => reply.outcomes[0].outcome);
    assert.equal(await save(1, 1, 'A'), 'saved');
    assert.equal(await save(1, 1, 'A'), 'repeated');
    assert.equal(await save(1, 1, 'B'), 'conflicting');
    assert.equal(await save(1, 5, 'C'), 'saved');
    assert.equal(await save(1, 3, 'B'), 'superseded');
    const again = await candidate.post(`${base}/attempt`);
    assert.deepEqual(again.answers, [{ position: 1, sequence: 5, answer: 'C' }]);
    assert.deepEqual(again.questions, attempt.questions);
    await candidate.get(path);
    assert.equal((await candidate.ask('GET', `${path}/result`)).status, 409, 'an open attempt has no result');
    const handed = await candidate.post(`${path}/hand-in`);
    assert.deepEqual(await candidate.post(`${path}/hand-in`), handed);
    assert.equal(
      (await candidate.ask('POST', `${path}/answers`, { answers: [{ position: 1, sequence: 9, answer: 'A' }] })).status,
      409,
    );
    assert.ok([403, 409].includes((await candidate.ask('GET', `${path}/result`)).status), 'nothing is released yet');
    assert.equal((await manager.ask('PUT', `${base}/release`, { released: 'key' })).status, 409, 'the sitting is not over');
    const own = await manager.get(`${path}/result`);
    assert.equal(own.questions.length, attempt.questions.length);
    await sleep(Math.max(0, new Date(sitting.closes_at) - Date.now()) + 2600);
    await manager.put(`${base}/release`, { released: 'score' });
    assert.deepEqual((await candidate.get(`${path}/result`)).questions, []);
    await manager.put(`${base}/release`, { released: 'answers' });
    assert.ok((await candidate.get(`${path}/result`)).questions.every((each) => !('key' in each)));
    await manager.put(`${base}/release`, { released: 'key' });
    assert.equal((await manager.ask('PUT', `${base}/release`, { released: 'score' })).status, 409, 'only forward');
    assert.ok((await candidate.get(`${path}/result`)).questions.every((each) => 'key' in each));
    for (const watcher of [manager, proctor, auditor]) {
      await watcher.get('/api/exam/sittings');
      await watcher.get(base);
      assert.deepEqual((await watcher.get(`${base}/attempts`)).candidates.map((each) => each.attempt?.state ?? 'none').sort(), [
        'closed',
        'none',
      ]);
    }
  });

  test('every operation was answered with success and, where it can fail, with a problem', () => {
    const missing = [];
    for (const { id, access } of operations) {
      const statuses = [...(exercised.get(id) ?? [])];
      if (!statuses.some((status) => status < 400)) missing.push(`${id}: never with success`);
      if (access !== 'public' && !statuses.some((status) => status >= 400)) missing.push(`${id}: never with a problem`);
    }
    assert.deepEqual(missing, []);
  });

  test('every reply fitted the contract', () => {
    assert.deepEqual([...new Set(complaints)], []);
  });
}

// The bank names options by where they are stored; a question shows them in an order of its own: compare their texts.
function right_answer(stored, shown) {
  if (typeof stored.key === 'boolean') return stored.key;
  const text_of = (letter) => stored.content.options[letter.charCodeAt(0) - 65];
  const letter_of = (text) => shown.options.find((each) => each.text === text).letter;
  return Array.isArray(stored.key)
    ? stored.key.map((letter) => letter_of(text_of(letter))).sort()
    : letter_of(text_of(stored.key));
}
