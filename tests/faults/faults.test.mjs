// What happens to exams when servers die: nothing that was acknowledged is lost, nothing counts twice, every attempt closes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSitting, signInAll } from '../support/client.mjs';
import { startPlatform } from '../support/platform.mjs';
import { Candidate, compare, random_from, sleep } from './candidates.mjs';

const people = 50;
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 31);
const random = random_from(seed);
const password = 'a long pass phrase';

let platform, staff, accounts;

before(async () => {
  console.error(`faults: FAULT_SEED=${seed} repeats this run's choices`);
  platform = await startPlatform(['password.threads = 2']);
  staff = await signInAll(platform.url, platform.accounts);
  const organisation_id = staff.worker.session.person.organisation.organisation_id;
  accounts = await Promise.all(
    Array.from({ length: people }, async (_, i) => {
      const account = `candidate-${i + 1}`;
      await staff.administrator.create('/api/people', {
        organisation_id,
        account,
        display_name: `考生${i + 1}`,
        password,
        role: 'worker',
      });
      return { account, password };
    }),
  );
});
after(() => platform?.stop());

// Until it succeeds: after an outage each worker finds its way back within seconds.
async function soon(action, limit = Date.now() + 10_000) {
  for (;;)
    try {
      return await action();
    } catch (error) {
      if (Date.now() > limit) throw error;
      await sleep(100);
    }
}
const ready = () => soon(async () => assert.equal((await fetch(`${platform.url}/readyz`)).status, 200));

// A sitting with all candidates at work in it.
async function exam(pause_ms = 60) {
  const { sitting } = await openSitting(staff, { questions: 20, candidates: accounts.map((each) => each.account) });
  const candidates = accounts.map((account) => new Candidate(platform.url, account, random_from(random.below(2 ** 31))));
  await Promise.all(candidates.map((each) => each.start(sitting.sitting_id)));
  const working = candidates.map((each) => each.work(pause_ms));
  const halt = async () => {
    candidates.forEach((each) => (each.stopped = true));
    await Promise.all(working);
  };
  return { sitting, candidates, halt };
}

// Half of them hand in; then the deadline of the others comes (sooner than the sitting said, so that nobody has to wait).
async function finish({ sitting, candidates }, t, { dead_at_deadline = false } = {}) {
  const handing_in = candidates.filter((_, i) => i % 2 === 0);
  await Promise.all(handing_in.map((each) => each.insist('POST', `${each.path}/hand-in`)));
  if (dead_at_deadline) await platform.server('kill');
  await platform.sql(
    `UPDATE attempt SET deadline_at = clock_timestamp() WHERE sitting_id = ${sitting.sitting_id} AND state = 'open'`,
  );
  if (dead_at_deadline) await platform.server('start');
  for (const limit = Date.now() + 30_000; Date.now() < limit; await sleep(200)) {
    const [open] = await platform.sql(`SELECT count(*) FROM attempt WHERE sitting_id = ${sitting.sitting_id} AND state = 'open'`);
    if (open === '0') break;
  }
  const complaints = await compare(platform, sitting.sitting_id, candidates);
  const sum = (read) => candidates.reduce((total, each) => total + read(each), 0);
  const statuses = {};
  for (const each of candidates) for (const [status, count] of each.statuses) statuses[status] = (statuses[status] ?? 0) + count;
  const retries = sum((each) => each.retries);
  t.diagnostic(
    `${sum((each) => each.sequence)} answers given, ${retries} requests sent again, replies ${JSON.stringify(statuses)}`,
  );
  assert.deepEqual(complaints, []);
  const [closed_by] = await platform.sql(
    `SELECT json_object_agg(closed_by, n)
     FROM (SELECT closed_by, count(*) n FROM attempt WHERE sitting_id = ${sitting.sitting_id} GROUP BY 1) c`,
  );
  assert.deepEqual(JSON.parse(closed_by), { candidate: handing_in.length, deadline: candidates.length - handing_in.length });
}

test('the server is killed twenty times under fifty candidates: what was acknowledged is in the result', async (t) => {
  const running = await exam();
  for (let kills = 0; kills < 20; ++kills) {
    await sleep(150 + random.below(900));
    await platform.server('kill');
    await sleep(random.below(150));
    await platform.server('start');
  }
  await sleep(500);
  await running.halt();
  await finish(running, t, { dead_at_deadline: true });
});

test('what is in the result can be made again from the log', async () => {
  const read = () => platform.sql("SELECT md5(string_agg(m::text, '|' ORDER BY attempt_id, position)) FROM attempt_mark m");
  const [first] = await read();
  await platform.guildhall('exam', 'rebuild', '--check');
  await platform.guildhall('exam', 'rebuild');
  assert.deepEqual(await read(), [first]);
});

for (const how of ['fast', 'immediate'])
  test(`PostgreSQL is restarted in mid-exam (${how}): requests succeed or say that they can be tried again`, async (t) => {
    const running = await exam();
    await sleep(1200);
    await platform.restartPostgres(how);
    await sleep(1500);
    await platform.restartPostgres(how);
    await sleep(1500);
    await running.halt();
    await finish(running, t);
    await ready();
  });

test('Redis is emptied and stopped in mid-exam: candidates sign in again, exam state is untouched', async (t) => {
  const running = await exam();
  await sleep(800);
  await platform.redis('command', 'flushall');
  await sleep(1000);
  await platform.redis('stop');
  await sleep(300);
  assert.equal((await fetch(`${platform.url}/readyz`)).status, 503);
  assert.equal((await fetch(`${platform.url}/healthz`)).status, 200);
  await sleep(1500);
  await platform.redis('start');
  await platform.redis('command', 'flushall');
  await sleep(1500);
  await running.halt();
  await Promise.all(Object.values(staff).map((each) => soon(() => each.signIn())));
  await finish(running, t);
  await ready();
});

test('SIGTERM under load: the requests that had begun are answered, and the server ends by itself', async (t) => {
  const running = await exam();
  for (let stops = 0; stops < 3; ++stops) {
    await sleep(500 + random.below(500));
    await platform.server('stop');
    await platform.server('start');
  }
  await sleep(300);
  await running.halt();
  await finish(running, t);
  assert.doesNotMatch(await platform.log(), /drain_incomplete/);
});
