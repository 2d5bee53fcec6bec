// A signed-in worker reads a question: against nginx, which answers the same paths with the same bytes from memory. Each
// server has one worker on the first core, the load is made on the second. What counts is processor time.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { signInAll } from '../tests/support/client.mjs';
import { startPlatform } from '../tests/support/platform.mjs';
import {
  closing,
  cores,
  freePort,
  load,
  median,
  percent,
  processesOf,
  rounded,
  run,
  scenario,
  table,
  workers,
} from './support/measuring.mjs';

const rounds = 5,
  seconds = 4,
  connections = 64,
  questionsMax = 100;
const serverCore = 0,
  loadCore = 1;

// Replies of the practice pool as they go out: [{path, text, headers}].
async function practiceReplies(staff, worker) {
  const { trades } = await staff.trainer.get('/api/trades?limit=200');
  const replies = [];
  for (const { outline_id } of trades.flatMap((trade) => trade.outlines)) {
    const { questions } = await staff.administrator.get(`/api/outlines/${outline_id}/questions?limit=200`);
    for (const { question_id } of questions.filter((question) => question.pool === 'practice'))
      replies.push(await worker.done('GET', `/api/practice/questions/${question_id}`));
  }
  // nginx reads "$" as the beginning of a variable and takes no word of more than 4096 bytes.
  return replies.filter(({ text }) => !text.includes('$') && Buffer.byteLength(text) < 4000).slice(0, questionsMax);
}

const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function nginxConfiguration(port, replies) {
  const kept = ['etag', 'cache-control', 'x-content-type-options', 'x-request-id'];
  const location = ({ path, text, headers }) =>
    [
      `location = ${path} {`,
      ...kept.filter((name) => headers.has(name)).map((name) => `add_header ${name} ${quoted(headers.get(name))};`),
      `return 200 ${quoted(text)};`,
      '}',
    ].join('\n');
  return `daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events { worker_connections 1024; }
http {
  access_log off;
  server_tokens off;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  default_type ${replies[0].headers.get('content-type')};
  server {
    listen 127.0.0.1:${port};
${replies.map(location).join('\n')}
  }
}
`;
}

async function startNginx(folder, port, replies, ending) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(port, replies));
  const words = ['-c', String(serverCore), '/usr/sbin/nginx', '-p', folder, '-e', 'error.log', '-c', 'nginx.conf'];
  const child = spawn('taskset', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  ending.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  for (let tries = 0; child.exitCode === null && tries < 100; ++tries) {
    const up = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (up) return child.pid;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nginx did not start');
}

async function checkSameBytes(port, replies) {
  for (const { path, text } of replies) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`);
    if ((await reply.text()) !== text) throw new Error(`nginx answers ${path} with other bytes`);
  }
}

function writePlan(file, replies, people) {
  // So many lines that every question meets people of every connection.
  const lines = Array.from(
    { length: 10 * replies.length },
    (_, i) => `${replies[i % replies.length].path} ${people[i % people.length].token}`,
  );
  writeFileSync(file, lines.join('\n') + '\n');
}

await scenario(async (ending) => {
  if (cores < 2) throw new Error('practice-read needs two cores: one for the server and one for the load');
  const platform = await startPlatform(['http.workers = 1', 'http.log_requests = false']);
  ending.push(platform.stop);
  const staff = await signInAll(platform.url, platform.accounts);
  const people = await workers(platform, staff, connections);
  const replies = await practiceReplies(staff, people[0]);
  const processes = processesOf(platform);
  await run('taskset', ['-a', '-c', '-p', String(serverCore), String(processes.guildhall)]);
  const nginxPort = await freePort();
  const nginx = await startNginx(join(platform.folder, 'nginx'), nginxPort, replies, ending);
  await checkSameBytes(nginxPort, replies);
  const plan = join(platform.folder, 'plan');
  writePlan(plan, replies, people);

  const bytes = replies.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) / replies.length;
  console.log(`${replies.length} questions of the bundled bank, ${rounded(bytes)} bytes each on average; \
${connections} connections, ${people.length} people.
guildhall (one worker, no request log) and nginx (one worker, no access log) on core ${serverCore}, \
the load on core ${loadCore}; ${rounds} rounds of ${seconds} s.
Processor time is user + system of the server's processes; for guildhall with those of its PostgreSQL and Redis.
`);
  const row = table({ round: 5, server: 9, 'requests/s': 10, 'p50 us': 7, 'p99 us': 7, 'CPU us/request': 14, "load's core": 11 });
  const servers = [
    { name: 'guildhall', port: new URL(platform.url).port, watched: processes, costs: [], shares: [] },
    { name: 'nginx', port: nginxPort, watched: { nginx }, costs: [], shares: [] },
  ];
  for (let round = 1; round <= rounds; ++round) {
    for (const server of round % 2 ? servers : [...servers].reverse()) {
      const got = await load('read', { port: server.port, plan, connections, seconds }, server.watched, { core: loadCore });
      const used = Object.keys(server.watched).reduce((sum, name) => sum + got.processor_seconds[name], 0);
      server.costs.push((used / got.requests) * 1e6);
      server.shares.push(got.share);
      row(
        round,
        server.name,
        rounded(got.per_second),
        rounded(got.p50_us),
        rounded(got.p99_us),
        server.costs.at(-1).toFixed(2),
        percent(got.share),
      );
    }
  }
  const [ours, peer] = servers.map(({ costs }) => median(costs));
  const busiest = Math.max(...servers.flatMap(({ shares }) => shares));
  console.log(
    `\nThe load program used at most ${percent(busiest)} of its core: ` +
      `${busiest < 0.95 ? 'it was not the bottleneck' : 'IT WAS THE BOTTLENECK of that round: requests/s are a lower bound'}.`,
  );
  closing('practice-read', rounded(ours, 2), rounded(peer, 2), rounded(peer / ours, 3), 'CPU microseconds per request');
});
