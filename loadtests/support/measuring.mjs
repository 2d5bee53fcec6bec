// What scenarios share: the load program, people to make load with, tables, and the closing line.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { person } from '../../tests/support/client.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const loadProgram = join(process.env.BUILD_FOLDER ?? join(root, 'build'), 'release/loadtests/load');

export const cores = availableParallelism();

// Runs a program to its end and gives back what it printed.
export function run(program, words, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    let out = '',
      err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${program} ${words[0]}: ${err || out}`))));
  });
}

const asOptions = (options, watched) => [
  ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ...Object.entries(watched).flatMap(([name, pid]) => ['--watch', `${name}=${pid}`]),
];

// One measured stretch of load; load/main.cpp explains the options. A reply that is not a good one ends the scenario.
export async function load(kind, options, watched, { core } = {}) {
  const words = [loadProgram, kind, ...asOptions(options, watched)];
  const pinned = core === undefined ? words : ['taskset', '-c', String(core), ...words];
  const measured = JSON.parse(await run(pinned[0], pinned.slice(1)));
  if (measured.bad > 0) throw new Error(`${measured.bad} replies were not as they should be, such as: ${measured.first_bad}`);
  return { ...measured, share: measured.processor_seconds.load / measured.seconds };
}

// A peer's own client, measured the same way: {output, seconds, processor_seconds, share}.
export async function command(words, watched, environment) {
  const lines = (await run(loadProgram, ['command', ...asOptions({}, watched), '--', ...words], environment)).trim().split('\n');
  const measured = JSON.parse(lines.pop());
  return { ...measured, output: lines.join('\n'), share: measured.processor_seconds.load / measured.seconds };
}

// The platform's processes, to be watched.
export function processesOf(platform) {
  const first = (file) => Number(readFileSync(join(platform.folder, file), 'utf8').split('\n')[0]);
  return { guildhall: first('guildhall.pid'), postgres: first('postgres/data/postmaster.pid'), redis: first('redis/pid') };
}

// Signed-in workers, as many as asked for.
export async function workers(platform, staff, count) {
  const team = staff.worker.session.person.organisation.organisation_id;
  return inTurns(
    Array.from({ length: count }, (_, i) => i),
    16,
    async (i) => {
      const account = { account: `load-${i}`, password: `password of load-${i}` };
      await staff.administrator.create('/api/people', {
        ...account,
        organisation_id: team,
        display_name: `压测${i}`,
        role: 'worker',
      });
      return person(platform.url, account).signIn();
    },
  );
}

// Maps with so many calls under way at a time.
export async function inTurns(items, atOnce, map) {
  const results = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await map(items[i], i);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const rounded = (value, digits = 0) => Number(value.toFixed(digits));
export const percent = (part) => `${(100 * part).toFixed(0)} %`;

// columns: {title: cell width}. Prints the head; gives back a function that prints a row.
export function table(columns) {
  const line = (cells) =>
    console.log(
      Object.values(columns)
        .map((width, i) => String(cells[i]).padStart(width))
        .join('  '),
    );
  line(Object.keys(columns));
  return (...cells) => line(cells);
}

export function closing(scenario, ours, peer, ratio, unit) {
  console.log(JSON.stringify({ scenario, ours, peer, ratio, unit }));
}

// Runs the scenario; however it ends, what it pushed on `ending` (asynchronous functions) is done, the last first.
export async function scenario(body) {
  const ending = [];
  const end = async () => {
    while (ending.length > 0) await ending.pop()();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end().finally(() => process.exit(1)));
  try {
    await body(ending);
  } catch (error) {
    console.error(`loadtests: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await end();
  }
}
