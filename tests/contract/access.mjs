// Who may do what: every route with every role, with none, and with the right role at the wrong place of the tree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from './contract.mjs';
import { checked } from './scenes.mjs';

// Routes whose objects belong to no organisation: whoever holds the permission anywhere may use them.
const belongs_to_nobody = new Set([
  'getOutline',
  'listQuestions',
  'getMedia',
  'listStages',
  'startStageRun',
  'getPracticeQuestion',
  'listWrongQuestions',
]);

const nobodys = {
  organisation_id: 999999,
  person_id: 999999,
  role: 'worker',
  outline_id: 999999,
  digest: 'f'.repeat(64),
  stage_id: 999999,
  run_id: 999999,
  question_id: 999999,
  blueprint_id: 999999,
  sitting_id: 999999,
  attempt_id: 999999,
};
const filled = (path, values) =>
  path.replace(/\{(\w+)\}/g, (all, name) => {
    assert.ok(name in values, `the test has no object for {${name}}`);
    return values[name];
  });
const body_of = (each) => (each.method === 'GET' || each.method === 'DELETE' ? undefined : {});

export function access(scene) {
  const { url } = scene;
  const permissions = scene.permissions; // permission -> roles
  const roles = Object.keys(scene.staff);

  test('the router and the contract list the same routes with the same access', () => {
    const by_path = (a, b) => (`${a.path} ${a.method}` < `${b.path} ${b.method}` ? -1 : 1);
    const declared = operations.map(({ method, path, access }) => ({ method, path, access })).sort(by_path);
    assert.deepEqual([...scene.routes].sort(by_path), declared);
  });

  test('every access is public, signed_in or a permission, and every permission is held and used', () => {
    const used = new Set(scene.routes.map((route) => route.access));
    for (const each of used) assert.ok(['public', 'signed_in'].includes(each) || each in permissions, each);
    for (const [permission, holders] of Object.entries(permissions)) {
      assert.ok(holders.length > 0 && holders.every((role) => roles.includes(role)), `${permission}: ${holders}`);
      if (permission !== 'read_results') assert.ok(used.has(permission), `${permission} opens no route`); // asked inside getResult
    }
  });

  test('without a session every route but the public ones answers 401', async () => {
    const anyone = checked(url, null);
    for (const each of operations.filter(({ access }) => access !== 'public')) {
      const reply = await anyone.ask(each.method, filled(each.path, nobodys), body_of(each));
      assert.deepEqual([each.id, reply.status, reply.body.code], [each.id, 401, 'not_authenticated']);
      assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
    }
  });

  for (const role of roles)
    test(`a ${role} may call exactly the routes of the table`, async () => {
      for (const each of operations) {
        if (each.path === '/api/session' && each.method === 'POST') continue;
        const may = ['public', 'signed_in'].includes(each.access) || permissions[each.access].includes(role);
        const someone =
          each.method === 'DELETE' && each.path.startsWith('/api/session')
            ? await checked(url, scene.accounts[role]).signIn()
            : scene.staff[role];
        const reply = await someone.ask(each.method, filled(each.path, nobodys), body_of(each));
        if (may) assert.ok(![401, 403].includes(reply.status), `${each.id}: ${reply.status} ${reply.text}`);
        else assert.deepEqual([each.id, reply.status, reply.body.code], [each.id, 403, 'permission_missing']);
        if (each.path === '/api/sessions') await scene.staff[role].signIn(); // it ended that session too
      }
    });

  test('the right role at the wrong place reaches no object of the other branch', async () => {
    const objects = scene.objects;
    for (const each of operations.filter(({ path, id }) => path.includes('{') && !belongs_to_nobody.has(id))) {
      const holders = ['public', 'signed_in'].includes(each.access) ? roles : permissions[each.access];
      for (const role of holders) {
        const reply = await scene.elsewhere.people[role].ask(each.method, filled(each.path, objects), valid_body(each));
        assert.ok([403, 404].includes(reply.status), `${each.id} as ${role} of another branch: ${reply.status} ${reply.text}`);
      }
    }
  });

  test('nor makes anything there', async () => {
    const { objects } = scene,
      { people } = scene.elsewhere;
    const cases = [
      ['administrator', '/api/organisations', { parent_id: objects.province_id, kind: 'city', name: '越权市' }],
      [
        'administrator',
        '/api/people',
        {
          organisation_id: objects.organisation_id,
          account: 'out-of-reach',
          display_name: '越权',
          password: 'a long pass phrase',
          role: 'worker',
        },
      ],
      [
        'centre_manager',
        '/api/people',
        {
          organisation_id: objects.centre_id,
          account: 'out-of-reach',
          display_name: '越权',
          password: 'a long pass phrase',
          role: 'proctor',
        },
      ],
      [
        'trainer',
        '/api/exam/blueprints',
        {
          organisation_id: objects.province_id,
          outline_id: objects.outline_id,
          name: '越权',
          pool: 'practice',
          pass_points: 1,
          parts: [{ type: 'single_choice', questions: 1, points: 1 }],
        },
      ],
      [
        'centre_manager',
        '/api/exam/sittings',
        {
          organisation_id: objects.centre_id,
          blueprint_id: objects.blueprint_id,
          name: '越权',
          opens_at: '2026-03-01T08:00:00Z',
          closes_at: '2099-03-01T09:00:00Z',
          duration_seconds: 60,
        },
      ],
    ];
    for (const [role, path, body] of cases) {
      const reply = await people[role].ask('POST', path, body, { 'idempotency-key': 'out-of-reach' });
      assert.ok([403, 404].includes(reply.status), `${role} ${path}: ${reply.status} ${reply.text}`);
    }
    const board = await people.worker.ask('GET', `/api/rankings?organisation=${objects.organisation_id}`);
    assert.ok([403, 404].includes(board.status), `a board of another branch: ${board.status}`);
  });

  test('lists show only what one reaches', async () => {
    const { people } = scene.elsewhere;
    assert.deepEqual((await people.centre_manager.get('/api/exam/sittings')).sittings, []);
    assert.deepEqual((await people.worker.get('/api/exam/my/sittings')).sittings, []);
    const found = (await people.administrator.get(`/api/organisations/${scene.elsewhere.city}/people?limit=200`)).people;
    assert.equal(found.length, roles.length);
  });

  test('nobody gives a role that reaches further than their own', async () => {
    const { people, centre } = scene.elsewhere,
      someone = people.worker.session.person.person_id;
    for (const [by, role, place] of [
      ['administrator', 'administrator', scene.objects.province_id],
      ['centre_manager', 'administrator', centre],
      ['centre_manager', 'auditor', centre],
    ]) {
      const reply = await people[by].ask('PUT', `/api/people/${someone}/roles/${role}/${place}`);
      assert.equal(reply.status, 403, `${by} gives ${role} at ${place}: ${reply.status}`);
    }
  });
}

// A body that would be accepted, so that the refusal is about the place and nothing else.
function valid_body(each) {
  if (!each.body) return body_of(each);
  if (each.id === 'registerCandidates') return { accounts: ['demo-worker'] };
  return each.body.example;
}
