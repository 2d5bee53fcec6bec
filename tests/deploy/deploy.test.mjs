// deploy/up and deploy/down in a folder of their own, beside whatever runs on this machine.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { person, signInAll } from '../support/client.mjs';

const script = (name) => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));
let above, home, environment, url;

async function free_port() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// {code, out}: of both streams, in their order as far as that can be known.
function run(name, more = {}) {
  return new Promise((resolve) =>
    execFile(script(name), [], { cwd: '/', env: { ...environment, ...more } }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, out: stdout + stderr }),
    ),
  );
}
async function succeeds(name) {
  const { code, out } = await run(name);
  assert.equal(code, 0, out);
  return out;
}
const pids = async () =>
  Promise.all(
    ['guildhall.pid', 'redis/pid', 'postgres/data/postmaster.pid'].map(async (file) =>
      Number((await readFile(join(home, file), 'utf8')).split('\n')[0]),
    ),
  );

before(async () => {
  above = await mkdtemp(join(tmpdir(), 'guildhall-'));
  await chmod(above, 0o711);
  home = join(above, 'a home');
  const port = await free_port();
  url = `http://127.0.0.1:${port}`;
  environment = {
    ...process.env,
    GUILDHALL_HOME: home,
    GUILDHALL_HTTP_PORT: port,
    GUILDHALL_POSTGRES_PORT: await free_port(),
    GUILDHALL_REDIS_PORT: await free_port(),
  };
});
after(async () => {
  await run('down');
  await rm(above, { recursive: true, force: true });
});

test('deploy/up says when a port belongs to a stranger, and starts nothing on it', async () => {
  const stranger = createServer();
  await new Promise((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const elsewhere = join(above, 'taken');
  const { code, out } = await run('up', { GUILDHALL_HOME: elsewhere, GUILDHALL_POSTGRES_PORT: stranger.address().port });
  await new Promise((resolve) => stranger.close(resolve));
  assert.equal(code, 1, out);
  assert.match(out, /port \d+, meant for PostgreSQL, is taken by another program/);
  assert.ok(!existsSync(join(elsewhere, 'postgres/data/postmaster.pid')));
});

test('deploy/up brings everything up, numbers its steps, and prints address and sign-ins', async () => {
  const out = await succeeds('up');
  assert.match(out, /^\[1\/9\] .*/m);
  assert.match(out, /^\[9\/9\] .*/m);
  assert.ok(out.includes(url), out);
  const accounts = JSON.parse(await readFile(join(home, 'demo-accounts.json'), 'utf8'));
  assert.equal(Object.keys(accounts).length, 8);
  for (const { account, password } of Object.values(accounts)) assert.ok(out.includes(account) && out.includes(password));
  const people = await signInAll(url, accounts);
  for (const [role, each] of Object.entries(people))
    assert.deepEqual(
      each.session.person.roles.map((grant) => grant.role),
      [role],
    );
  assert.ok((await people.worker.get('/api/trades?limit=200')).trades.length >= 8);
  assert.match((await people.worker.done('GET', '/')).text, /<html/);
});

test('secrets are readable for their owner alone, and on no command line', async () => {
  for (const file of [
    'demo-accounts.json',
    'secrets/redis-password',
    'secrets/postgres-password',
    'redis/redis.conf',
    'postgres/password',
  ])
    assert.equal((await stat(join(home, file))).mode & 0o777, 0o600, file);
  const secrets = await Promise.all(
    ['secrets/redis-password', 'secrets/postgres-password'].map((file) => readFile(join(home, file), 'utf8')),
  );
  const lines = await Promise.all((await pids()).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8')));
  for (const secret of secrets) for (const line of lines) assert.ok(!line.includes(secret.trim().split(':').at(-1)), line);
});

test('deploy/up again changes nothing that is in order', async () => {
  const earlier = await pids(),
    accounts = await readFile(join(home, 'demo-accounts.json'), 'utf8');
  await succeeds('up');
  assert.deepEqual(await pids(), earlier);
  assert.equal(await readFile(join(home, 'demo-accounts.json'), 'utf8'), accounts);
});

test('deploy/down stops everything; deploy/up finds the data again', async () => {
  const { administrator, worker } = JSON.parse(await readFile(join(home, 'demo-accounts.json'), 'utf8'));
  const boss = await person(url, administrator).signIn();
  const { session } = await person(url, worker).signIn();
  const someone = { account: 'who-came-before', password: 'a long pass phrase' };
  const made = { ...someone, organisation_id: session.person.organisation.organisation_id, display_name: '前人', role: 'worker' };
  await boss.create('/api/people', made);
  const earlier = await pids();
  await succeeds('down');
  for (const pid of earlier)
    assert.ok(
      !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8')),
      `process ${pid} is still there`,
    );
  await assert.rejects(fetch(`${url}/healthz`));
  await succeeds('down'); // nothing to stop is no fault
  await succeeds('up');
  assert.equal((await person(url, someone).signIn()).session.person.display_name, '前人');
});
