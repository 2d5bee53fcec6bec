// Candidates save answers, each acknowledged when it is on disk: against pgbench, which writes the same rows one a
// transaction into the same PostgreSQL, at its best number of clients. Nothing is pinned: all share the machine.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openSitting, signInAll } from '../tests/support/client.mjs';
import { startPlatform } from '../tests/support/platform.mjs';
import {
  closing,
  command,
  inTurns,
  load,
  median,
  percent,
  processesOf,
  rounded,
  scenario,
  table,
  workers,
} from './support/measuring.mjs';

const rounds = 5,
  seconds = 5,
  connections = 256;
const clientCounts = [16, 32, 64, 128],
  searchSeconds = 3;
const pgbench = '/usr/lib/postgresql/15/bin/pgbench';

// The attempts of the candidates as lines for the load program: "path token shapes".
async function startAttempts(sitting, people) {
  const typeLetter = { single_choice: 's', multiple_choice: 'm', true_false: 't' };
  const shapeOf = ({ type, options }) => `${typeLetter[type]}${options.length}`;
  return inTurns(people, 16, async (one) => {
    const attempt = await one.post(`/api/exam/sittings/${sitting.sitting_id}/attempt`);
    return {
      ...attempt,
      line: `/api/exam/attempts/${attempt.attempt_id}/answers ${one.token} ${attempt.questions.map(shapeOf).join('')}`,
    };
  });
}

// The peer's table is the platform's answer_log without its trigger; its rows have the same keys and sizes.
async function makePeer(platform, positions) {
  await platform.sql(`CREATE TABLE peer_answer (
    attempt_id bigint NOT NULL, position smallint NOT NULL, sequence bigint NOT NULL, answer text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (attempt_id, position, sequence))`);
  const script = join(platform.folder, 'peer.sql');
  writeFileSync(
    script,
    `\\set attempt_id random(1, ${connections})
\\set position random(1, ${positions})
\\set sequence random(1, 1000000000)
INSERT INTO peer_answer (attempt_id, position, sequence, answer) VALUES (:attempt_id, :position, :sequence, '"B"')
ON CONFLICT (attempt_id, position, sequence) DO UPDATE SET answer = excluded.answer, received_at = clock_timestamp();
`,
  );
  const postgres = join(platform.folder, 'postgres');
  const port = readFileSync(join(platform.folder, 'ports'), 'utf8').match(/postgres_port=(\d+)/)[1];
  const address = ['-h', join(postgres, 'socket'), '-p', port, '-U', 'postgres'];
  return { script, address, environment: { PGPASSFILE: join(postgres, 'password') } };
}

// Latencies of a sample of the transactions, in microseconds, sorted.
function latenciesIn(folder) {
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'));
  return lines.map((line) => Number(line.split(' ')[2])).sort((a, b) => a - b);
}

async function runPeer(platform, peer, clients, duration) {
  const logs = mkdtempSync(join(platform.folder, 'pgbench-'));
  const words = [
    pgbench,
    ...peer.address,
    '-n',
    '-M',
    'prepared',
    '-f',
    peer.script,
    '-c',
    clients,
    '-j',
    2,
    '-T',
    duration,
    '-l',
    '--sampling-rate=0.02',
    `--log-prefix=${join(logs, 'log')}`,
    'guildhall',
  ].map(String);
  const got = await command(words, { postgres: processesOf(platform).postgres }, peer.environment);
  const latencies = latenciesIn(logs);
  rmSync(logs, { recursive: true });
  const quantile = (part) => latencies[Math.floor(part * latencies.length)] ?? 0;
  const perSecond = Number(got.output.match(/tps = ([\d.]+)/)[1]);
  const saves = Number(got.output.match(/transactions actually processed: (\d+)/)[1]);
  return { ...got, saves, per_second: perSecond, p50_us: quantile(0.5), p99_us: quantile(0.99) };
}

async function bestClientCount(platform, peer) {
  const rates = [];
  for (const clients of clientCounts) rates.push((await runPeer(platform, peer, clients, searchSeconds)).per_second);
  console.log(`pgbench with ${clientCounts.join(', ')} clients: ${rates.map((rate) => rounded(rate)).join(', ')} rows/s.\n`);
  return clientCounts[rates.indexOf(Math.max(...rates))];
}

// What was acknowledged must be there, and nothing else.
async function checkAllIsThere(platform, acknowledged) {
  const rows = Number((await platform.sql('SELECT count(*) FROM answer_log'))[0]);
  if (rows !== acknowledged) throw new Error(`${acknowledged} answers were acknowledged, ${rows} are in the database`);
  console.log(`\n${acknowledged} answers were acknowledged in all, and ${rows} are in the database.`);
}

await scenario(async (ending) => {
  const platform = await startPlatform(['http.log_requests = false']);
  ending.push(platform.stop);
  await platform.sql('ALTER SYSTEM SET max_connections = 300'); // pgbench takes one for each client
  await platform.restartPostgres('fast');
  const staff = await signInAll(platform.url, platform.accounts);
  const people = await workers(platform, staff, connections);
  const { sitting } = await openSitting(staff, { candidates: people.map(({ account }) => account.account) });
  const attempts = await startAttempts(sitting, people);
  const plan = join(platform.folder, 'plan');
  writeFileSync(plan, attempts.map(({ line }) => line).join('\n') + '\n');
  const peer = await makePeer(platform, attempts[0].questions.length);
  const durability = await platform.sql(
    "SELECT name || ' ' || setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY 1",
  );
  console.log(
    `${connections} connections, each a candidate with an attempt of their own; PostgreSQL with ` +
      `${durability.join(', ')}; ${rounds} rounds of ${seconds} s.`,
  );
  const clients = await bestClientCount(platform, peer);

  const row = table({
    round: 5,
    who: 14,
    'saves/s': 8,
    'p50 us': 7,
    'p99 us': 7,
    'server us/save': 14,
    'PostgreSQL us/save': 18,
    "client's share of a core": 24,
  });
  const rates = { ours: [], peer: [] },
    shares = [];
  const port = new URL(platform.url).port;
  const each = (used, saves) => ((used / saves) * 1e6).toFixed(1);
  const measureOurs = async (round) => {
    const got = await load('save', { port, plan, connections, seconds, 'first-sequence': round * 1e9 }, processesOf(platform));
    acknowledged += got.good;
    rates.ours.push(got.per_second);
    shares.push(got.share);
    const { guildhall, postgres } = got.processor_seconds;
    row(
      round,
      'guildhall',
      rounded(got.per_second),
      rounded(got.p50_us),
      rounded(got.p99_us),
      each(guildhall, got.requests),
      each(postgres, got.requests),
      percent(got.share),
    );
  };
  const measurePeer = async (round) => {
    const got = await runPeer(platform, peer, clients, seconds);
    rates.peer.push(got.per_second);
    row(
      round,
      `pgbench, ${clients}`,
      rounded(got.per_second),
      rounded(got.p50_us),
      rounded(got.p99_us),
      '-',
      each(got.processor_seconds.postgres, got.saves),
      percent(got.share),
    );
  };
  let acknowledged = 0;
  for (let round = 1; round <= rounds; ++round) {
    for (const measure of round % 2 ? [measureOurs, measurePeer] : [measurePeer, measureOurs]) {
      await platform.sql('CHECKPOINT'); // neither pays for what the other wrote
      await measure(round);
    }
  }
  await checkAllIsThere(platform, acknowledged);
  const busiest = Math.max(...shares);
  console.log(
    `The load program is one thread and used at most ${percent(busiest)} of a core: ` +
      `${busiest < 0.95 ? 'it was not the bottleneck' : 'IT WAS THE BOTTLENECK, so our rate is a lower bound'}.`,
  );
  const [ours, theirs] = [median(rates.ours), median(rates.peer)];
  closing('answer-save', rounded(ours), rounded(theirs), rounded(ours / theirs, 3), 'durable saves per second');
});
