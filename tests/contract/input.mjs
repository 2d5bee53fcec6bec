// Bad input: the right status, a problem that names each fault in Chinese and in English, and nothing changed.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { document, faults, operations, schema_of } from './contract.mjs';
import { checked } from './scenes.mjs';

const chinese = /[一-鿿]/;
const filled = (path, values) => path.replace(/\{(\w+)\}/g, (all, name) => values[name]);

// A value that no field of that schema takes, and the codes by which it may be refused.
function wrong_value(schema) {
  const types = [schema_of(schema)].flatMap((each) => each.type ?? []);
  return types.includes('array') ? 'not a list' : { not: 'this' };
}

const is_answer = (schema) => schema.$ref === '#/components/schemas/Answer';

export function input(scene) {
  const { url } = scene;
  const role_for = ({ access }) => (['public', 'signed_in'].includes(access) ? 'worker' : scene.permissions[access][0]);
  const someone_for = (each) =>
    scene.staff[each.access === 'practise' || each.access === 'sit_exams' ? 'worker' : role_for(each)];
  const needs_key = (each) => each.parameters.some((parameter) => parameter.name === 'Idempotency-Key');
  const headers_for = (each, more = {}) => ({ ...(needs_key(each) ? { 'idempotency-key': 'bad-input' } : {}), ...more });
  const with_body = operations.filter((each) => each.body);

  // Asks in both languages, compares what they say, and gives the Chinese reply back.
  async function refused(who, method, path, body, headers, status, code) {
    const zh = await who.ask(method, path, body, { ...headers, 'accept-language': 'zh-CN' });
    const en = await who.ask(method, path, body, { ...headers, 'accept-language': 'en-GB, zh;q=0.5' });
    const sent = typeof body === 'string' ? body.slice(0, 60) : JSON.stringify(body);
    const what = `${method} ${path} ${sent}: ${zh.status} ${zh.text.slice(0, 600)}`;
    for (const reply of [zh, en]) {
      assert.equal(reply.status, status, what);
      assert.equal(reply.headers.get('content-type'), 'application/problem+json', what);
      assert.deepEqual(faults(document.components.schemas.Problem, reply.body), [], what);
      assert.equal(reply.body.request_id, reply.headers.get('x-request-id'), what);
      if (code) assert.equal(reply.body.code, code, what);
    }
    for (const text of [zh.body.title, zh.body.detail, ...(zh.body.errors ?? []).map((each) => each.detail)])
      assert.match(text, chinese, what);
    for (const text of [en.body.title, en.body.detail]) assert.doesNotMatch(text, chinese, what);
    assert.equal(zh.headers.get('content-language'), 'zh-CN');
    assert.equal(en.headers.get('content-language'), 'en');
    assert.deepEqual(
      zh.body.errors?.map((each) => [each.pointer, each.code]),
      en.body.errors?.map((each) => [each.pointer, each.code]),
      what,
    );
    return zh;
  }
  const pointers = (reply) => reply.body.errors.map((each) => each.pointer);

  let fingerprint = '';
  before(async () => (fingerprint = await scene.fingerprint()));

  test('malformed JSON, and JSON that is no object', async () => {
    for (const each of with_body) {
      const who = someone_for(each),
        path = filled(each.path, scene.objects),
        json = headers_for(each, { 'content-type': 'application/json' });
      for (const text of ['', '{', '{"a":1,}', '{"a":01}', '\u{feff}', '[1,', '"\\ud800"x', `${'['.repeat(40)}${']'.repeat(40)}`])
        await refused(who, each.method, path, text, json, 400, 'malformed_json');
      for (const text of ['[]', '7', '"text"', 'null']) await refused(who, each.method, path, text, json, 400, 'object_expected');
    }
  });

  test('another content type, or none', async () => {
    for (const each of with_body) {
      const who = someone_for(each),
        path = filled(each.path, scene.objects),
        text = JSON.stringify(each.body.example);
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])
        await refused(who, each.method, path, text, headers_for(each, { 'content-type': type }), 415, 'json_expected');
    }
  });

  test('missing fields are named, all of them', async () => {
    for (const each of with_body) {
      const reply = await refused(
        someone_for(each),
        each.method,
        filled(each.path, scene.objects),
        {},
        headers_for(each),
        422,
        'invalid_fields',
      );
      const required = schema_of(each.body.schema).required.map((name) => `/${name}`);
      assert.deepEqual(pointers(reply).sort(), required.sort(), each.id);
      assert.ok(reply.body.errors.every((fault) => fault.code === 'required'));
    }
  });

  test('wrong types are named, all of them at once', async () => {
    for (const each of with_body) {
      const properties = schema_of(each.body.schema).properties;
      const body = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, wrong_value(schema)]));
      const path = filled(each.path, scene.objects),
        who = someone_for(each);
      const reply = await refused(who, each.method, path, body, headers_for(each), 422, 'invalid_fields');
      // Whether an answer fits can be said only of a question that exists.
      const readable = Object.keys(properties).filter((name) => !is_answer(properties[name]));
      const named = new Set(pointers(reply));
      named.delete('/answer');
      assert.deepEqual([...named].sort(), readable.map((name) => `/${name}`).sort(), each.id);
      for (const name of Object.keys(properties)) {
        const alone = await refused(
          who,
          each.method,
          path,
          { ...each.body.example, [name]: body[name] },
          headers_for(each),
          422,
          'invalid_fields',
        );
        assert.deepEqual(pointers(alone), [`/${name}`], each.id);
      }
    }
  });

  test('wrong items of lists are named with their place', async () => {
    const { trainer, worker, centre_manager } = scene.staff,
      { attempt_id, sitting_id } = scene.objects;
    const blueprint = operations.find((each) => each.id === 'createBlueprint').body.example;
    const parts = [
      { type: 'essay', questions: 0, points: 'many' },
      7,
      { type: 'true_false', questions: 1, points: 1, weight: 2 },
    ];
    const first = await refused(
      trainer,
      'POST',
      '/api/exam/blueprints',
      { ...blueprint, parts },
      { 'idempotency-key': 'bad' },
      422,
      'invalid_fields',
    );
    assert.deepEqual(pointers(first).sort(), [
      '/parts/0/points',
      '/parts/0/questions',
      '/parts/0/type',
      '/parts/1',
      '/parts/2/weight',
    ]);
    const answers = [
      { position: 0, sequence: 1, answer: 'A' },
      { position: 1, sequence: 0, answer: 'A' },
      { position: 1, sequence: 2, answer: 'Z' },
      { position: 2, sequence: 1 },
    ];
    const second = await refused(
      worker,
      'POST',
      `/api/exam/attempts/${attempt_id}/answers`,
      { answers },
      {},
      422,
      'invalid_fields',
    );
    for (const pointer of ['/answers/0/position', '/answers/1/sequence'])
      assert.ok(pointers(second).includes(pointer), `${pointer}: ${second.text}`);
    const third = await refused(
      worker,
      'POST',
      `/api/exam/attempts/${attempt_id}/answers`,
      { answers: [answers[2]] },
      {},
      422,
      'invalid_fields',
    );
    assert.deepEqual(pointers(third), ['/answers/0/answer']);
    const fourth = await refused(
      centre_manager,
      'POST',
      `/api/exam/sittings/${sitting_id}/registrations`,
      { accounts: ['demo-worker', 7, ''] },
      {},
      422,
      'invalid_fields',
    );
    assert.deepEqual(pointers(fourth).sort(), ['/accounts/1', '/accounts/2']);
  });

  test('unknown fields are named', async () => {
    for (const each of with_body) {
      const body = { ...each.body.example, 'no~such/field': 1, another: null };
      const reply = await refused(
        someone_for(each),
        each.method,
        filled(each.path, scene.objects),
        body,
        headers_for(each),
        422,
        'invalid_fields',
      );
      assert.deepEqual(pointers(reply).sort(), ['/another', '/no~0such~1field'], each.id);
      assert.ok(reply.body.errors.every((fault) => fault.code === 'unknown'));
    }
  });

  test('a retryable POST without a usable Idempotency-Key', async () => {
    for (const each of operations.filter(needs_key))
      for (const key of [undefined, 'x'.repeat(65), 'with blank']) {
        const headers = key === undefined ? {} : { 'idempotency-key': key };
        const reply = await refused(
          someone_for(each),
          each.method,
          filled(each.path, scene.objects),
          each.body?.example,
          headers,
          422,
          'invalid_fields',
        );
        assert.deepEqual(
          reply.body.errors.map((fault) => [fault.pointer, fault.code]),
          [['Idempotency-Key', 'idempotency_key']],
          each.id,
        );
      }
  });

  test('wrong query parameters are named', async () => {
    for (const each of operations.filter(({ parameters }) => parameters.some((parameter) => parameter.in === 'query'))) {
      const path = filled(each.path, scene.objects),
        who = someone_for(each);
      const names = each.parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name);
      const bad = {
        limit: ['0', '201', 'ten', '', '99999999999999999999'],
        cursor: ['not a cursor', '-1', ''],
        text: [`${'字'.repeat(51)}`, '%FF%FE', ''],
        organisation: ['x', '0'],
        trade: ['x', '-3'],
        period: ['year', ''],
      };
      for (const name of names)
        for (const value of bad[name]) {
          const reply = await refused(
            who,
            'GET',
            `${path}?${name}=${value.includes('%') ? value : encodeURIComponent(value)}`,
            undefined,
            {},
            422,
            'invalid_fields',
          );
          assert.deepEqual(pointers(reply), [`?${name}`], each.id);
        }
      const reply = await refused(
        who,
        'GET',
        `${path}?colour=red&${names[0]}=1&${names[0]}=1`,
        undefined,
        {},
        422,
        'invalid_fields',
      );
      assert.deepEqual(pointers(reply).sort(), ['?colour', `?${names[0]}`].sort(), each.id);
    }
  });

  test('path values that are no ids are not found', async () => {
    for (const each of operations.filter(({ path }) => path.includes('{')))
      for (const value of ['0', '-1', 'x', '1.5', '99999999999999999999', '%00', '1%2F2', '%27%20OR%201=1']) {
        const path = each.path.replace(/\{\w+\}/g, value);
        await refused(someone_for(each), each.method, path, each.body?.example, headers_for(each), 404, 'not_found');
      }
  });

  test('a method that a path does not have, with those that it has', async () => {
    for (const pattern of new Set(operations.map((each) => each.path))) {
      const path = filled(pattern, scene.objects);
      const here = operations.filter((each) => each.path === pattern).map((each) => each.method);
      const allowed = here.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).sort();
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].filter((each) => !here.includes(each))) {
        const reply = await refused(scene.staff.administrator, method, path, undefined, {}, 405, 'method_not_allowed');
        assert.deepEqual(reply.headers.get('allow').split(', ').sort(), allowed, path);
      }
    }
  });

  test('paths that are not there', async () => {
    for (const path of [
      '/api',
      '/api/',
      '/api/nothing',
      '/api/session/',
      '/api//session',
      '/api/exam/sittings/1/2/3',
      '/healthz/x.y',
      '/..%2f..%2fetc%2fpasswd.txt',
    ])
      await refused(scene.staff.worker, 'GET', path, undefined, {}, 404, 'not_found');
    await refused(scene.staff.worker, 'POST', '/nothing', {}, {}, 404, 'not_found');
    for (const path of ['/api/../healthz', '/api/%2e%2e/healthz', '/../../etc/passwd.txt']) {
      const reply = await raw(url, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      assert.match(reply.text, /^HTTP\/1.1 404 /, path);
    }
  });

  test('tokens that are wrong, over, or somebody’s mistake', async () => {
    const anyone = checked(url, null);
    for (const header of [
      'Bearer',
      'Bearer ',
      'Bearer x',
      `Bearer ${'A'.repeat(43)}`,
      `Bearer ${'A'.repeat(4000)}`,
      `Basic ${btoa('a:b')}`,
      'Bearer \u00ff',
    ])
      await refused(anyone, 'GET', '/api/session', undefined, { authorization: header }, 401);
    await refused(anyone, 'GET', '/api/session', undefined, { cookie: 'guildhall_session=AAAA; guildhall_session=BBBB' }, 401);
    const gone = await checked(url, scene.accounts.worker).signIn();
    await gone.done('DELETE', '/api/session');
    await refused(gone, 'GET', '/api/session', undefined, {}, 401);
    const expired = await checked(url, scene.accounts.worker).signIn();
    await scene.platform.redis('command', 'pexpire', `session:${createHash('sha256').update(expired.token).digest('hex')}`, '1');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await refused(expired, 'GET', '/api/session', undefined, {}, 401);
    await scene.staff.worker.signIn();
  });

  test('a password that is wrong says nothing about the account', async () => {
    const anyone = checked(url, null);
    const first = await refused(
      anyone,
      'POST',
      '/api/session',
      { account: 'demo-worker', password: 'wrong', transport: 'bearer' },
      {},
      401,
    );
    const second = await refused(
      anyone,
      'POST',
      '/api/session',
      { account: 'nobody-here', password: 'wrong', transport: 'bearer' },
      {},
      401,
    );
    assert.equal(first.body.code, second.body.code);
    assert.equal(first.body.detail, second.body.detail);
  });

  test('a body that is too large, told at once', async () => {
    const large = JSON.stringify({ account: 'x'.repeat(70_000) });
    for (const each of with_body) {
      const headers = headers_for(each, { 'content-type': 'application/json' });
      const reply = await refused(
        someone_for(each),
        each.method,
        filled(each.path, scene.objects),
        large,
        headers,
        413,
        'body_too_large',
      );
      assert.match(reply.body.detail, /65536/);
    }
    const declared = await raw(
      url,
      'POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n',
    );
    assert.match(declared.text, /^HTTP\/1.1 413 /);
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`;
    const chunked = await raw(
      url,
      `POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}`,
    );
    assert.match(chunked.text, /^HTTP\/1.1 413 /);
  });

  test('a header that is too large', async () => {
    await refused(scene.staff.worker, 'GET', '/api/session', undefined, { 'x-long': 'a'.repeat(9000) }, 431, 'header_too_large');
    const long = await scene.staff.worker.ask('GET', `/api/trades?cursor=${'a'.repeat(9000)}`); // its language was never read
    assert.deepEqual([long.status, long.body.code], [431, 'header_too_large']);
  });

  test('what is no HTTP at all', async () => {
    for (const text of [
      '\r\n\r\nhello\r\n\r\n',
      'GET\r\n\r\n',
      'GET /healthz\r\n\r\n',
      'GET /healthz HTTP/9.9\r\n\r\n',
      'GET http://other/ HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHo st: a\r\n\r\n',
      'POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
      'POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ]) {
      const reply = await raw(url, text);
      assert.match(reply.text, /^HTTP\/1.1 400 /, JSON.stringify(text));
      assert.match(reply.text, /"code":"malformed_request"/);
    }
    assert.equal((await checked(url, null).get('/healthz')).status, 'ok');
  });

  test('a request that is both chunked and measured cannot hide another one', async () => {
    const reply = await raw(
      url,
      'POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n',
      1500,
    );
    assert.doesNotMatch(reply.text, /"status":"ok"/);
  });

  test('slow clients are closed, in the header and in the body', async () => {
    for (const text of [
      'GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ',
      'POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    ]) {
      const reply = await raw(url, text, 8000, '.', 300);
      assert.ok(reply.closed_after >= 900 && reply.closed_after < 5000, `closed after ${reply.closed_after} ms`);
    }
  });

  test('idle connections are closed', async () => {
    const reply = await raw(url, '', 12_000);
    assert.ok(reply.closed_after >= 5900 && reply.closed_after < 10_000, `closed after ${reply.closed_after} ms`);
  });

  test('somebody else’s objects look as if they were not there', async () => {
    const stranger = scene.elsewhere.people.worker,
      { attempt_id, run_id } = scene.objects;
    for (const [method, path, body] of [
      ['GET', `/api/exam/attempts/${attempt_id}`],
      ['POST', `/api/exam/attempts/${attempt_id}/answers`, { answers: [{ position: 1, sequence: 1, answer: 'A' }] }],
      ['POST', `/api/exam/attempts/${attempt_id}/hand-in`],
      ['GET', `/api/practice/runs/${run_id}`],
      ['POST', `/api/practice/runs/${run_id}/answers`, { position: 1, answer: 'A' }],
    ]) {
      const theirs = await refused(stranger, method, path, body, {}, 404, 'not_found');
      const nobodys = await stranger.ask(method, path.replace(/\d+/, '999999'), body, { 'accept-language': 'zh-CN' });
      assert.equal(theirs.body.detail, nobodys.body.detail);
    }
  });

  test('none of this changed anything', async () => {
    assert.equal(await scene.fingerprint(), fingerprint);
  });

  after(() => assert.ok(fingerprint.length > 0));
}

// Writes text to a socket of its own, then `drip` every `every` ms; resolves when the server closes or time is up.
function raw(url, text, patience = 4000, drip = '', every = 0) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const begun = Date.now();
    let received = '',
      dripping;
    const socket = connect(Number(port), hostname, () => {
      if (text) socket.write(text, 'latin1');
      if (drip) dripping = setInterval(() => socket.writable && socket.write(drip), every);
    });
    const finish = (closed) => {
      clearInterval(dripping);
      clearTimeout(limit);
      socket.destroy();
      resolve({ text: received, closed_after: closed ? Date.now() - begun : Infinity });
    };
    const limit = setTimeout(() => finish(false), patience);
    socket.on('data', (data) => (received += data.toString('utf8')));
    socket.on('error', () => {});
    socket.on('end', () => finish(true));
    socket.on('close', () => finish(true));
  });
}
