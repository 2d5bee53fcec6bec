// Starts, breaks and stops a throwaway platform from a Node.js test; the script `platform` beside this file does the work.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('platform', import.meta.url));

function run(words, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(script, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '',
      err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    const finish = (code) => (code === 0 ? resolve(out) : reject(new Error(`platform ${words.join(' ')}: ${err || out}`)));
    child.on('close', finish);
    child.on('exit', (code) => setTimeout(finish, 500, code)); // where a server that it started keeps the pipes open
    child.stdin.on('error', () => {}); // most actions read none
    child.stdin.end(input);
  });
}

// settings: lines of guildhall.conf beyond those of every test platform.
export async function startPlatform(settings = []) {
  const above = await mkdtemp(join(tmpdir(), 'guildhall-'));
  await chmod(above, 0o711); // PostgreSQL may run as another user
  const folder = join(above, 'platform');
  await run(['start', folder, ...settings]);
  const environment = await readFile(join(folder, 'environment'), 'utf8');
  const url = environment.match(/GUILDHALL_URL=(\S+)/)[1];
  const accounts = JSON.parse(await readFile(join(folder, 'accounts.json'), 'utf8'));
  return {
    url,
    accounts,
    folder,
    server: (action) => run(['server', action, folder]),
    restartPostgres: (how) => run(['postgres', 'restart', folder, how]),
    redis: (action, ...words) => run(['redis', action, folder, ...words]),
    sql: async (text) =>
      (await run(['sql', folder], text))
        .trim()
        .split('\n')
        .filter((line) => line !== ''),
    guildhall: (...words) => run(['guildhall', folder, ...words]),
    log: () => readFile(join(folder, 'log'), 'utf8'),
    stop: async () => {
      await run(['stop', folder]);
      await rm(above, { recursive: true, force: true });
    },
  };
}
