// A person's way into the platform over HTTP, for tests: signs in with a bearer token and speaks JSON.
import { randomUUID } from 'node:crypto';

export class Refused extends Error {
  constructor(reply) {
    super(`${reply.method} ${reply.path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    this.reply = reply;
  }
}

export function person(url, account) {
  let token = null;
  const self = {
    account,
    get token() {
      return token;
    },

    // Any reply as it is: {status, headers, body (parsed where it is JSON), text}.
    async ask(method, path, body, headers = {}) {
      const sent = { 'accept-language': 'zh', ...headers };
      if (token && !('authorization' in sent)) sent.authorization = `Bearer ${token}`;
      const json = body !== undefined && typeof body !== 'string';
      if (json && !('content-type' in sent)) sent['content-type'] = 'application/json';
      const reply = await fetch(url + path, {
        method,
        headers: sent,
        body: json ? JSON.stringify(body) : body,
        redirect: 'manual',
      });
      const text = await reply.text();
      const isJson = /json/.test(reply.headers.get('content-type') ?? '');
      return {
        method,
        path,
        status: reply.status,
        headers: reply.headers,
        text,
        body: isJson && text ? JSON.parse(text) : undefined,
      };
    },

    // The body of a reply that must have succeeded.
    async get(path) {
      return (await self.done('GET', path)).body;
    },
    async post(path, body, headers) {
      return (await self.done('POST', path, body, headers)).body;
    },
    async put(path, body) {
      return (await self.done('PUT', path, body)).body;
    },
    async done(method, path, body, headers) {
      const reply = await self.ask(method, path, body, headers);
      if (reply.status >= 300) throw new Refused(reply);
      return reply;
    },
    create(path, body) {
      return self.post(path, body, { 'idempotency-key': randomUUID() });
    },

    async signIn() {
      token = null;
      const session = await self.post('/api/session', {
        account: account.account,
        password: account.password,
        transport: 'bearer',
      });
      token = session.token;
      self.session = session;
      return self;
    },
  };
  return self;
}

export const anonymous = (url) => person(url, null);

// An exam with everything it takes: outline, blueprint, sitting, candidates. `staff` are signed-in people by role.
export async function openSitting(
  staff,
  { questions = 10, opensInSeconds = -60, closesInSeconds = 3600, durationSeconds = 3600, candidates = [] } = {},
) {
  const trade = (await staff.trainer.get('/api/trades')).trades.find((each) => each.outlines.length > 0);
  const outline = trade.outlines[0];
  const province = staff.trainer.session.person.organisation.organisation_id;
  const blueprint = await staff.trainer.create('/api/exam/blueprints', {
    organisation_id: province,
    outline_id: outline.outline_id,
    name: '测试卷',
    pool: 'practice',
    pass_points: questions * 60,
    parts: [{ type: 'single_choice', questions, points: 100 }],
  });
  const manager = staff.centre_manager;
  const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
  const sitting = await manager.create('/api/exam/sittings', {
    organisation_id: manager.session.person.organisation.organisation_id,
    blueprint_id: blueprint.blueprint_id,
    name: '测试场次',
    opens_at: at(opensInSeconds),
    closes_at: at(closesInSeconds),
    duration_seconds: durationSeconds,
  });
  for (let first = 0; first < candidates.length; first += 500)
    await manager.post(`/api/exam/sittings/${sitting.sitting_id}/registrations`, {
      accounts: candidates.slice(first, first + 500),
    });
  return { outline, blueprint, sitting };
}

// Signed-in people for the demo accounts: {worker, trainer, ...}.
export async function signInAll(url, accounts) {
  const rows = await Promise.all(
    Object.entries(accounts).map(async ([role, account]) => [role, await person(url, account).signIn()]),
  );
  return Object.fromEntries(rows);
}
