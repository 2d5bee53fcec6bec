// What the contract tests play with: people of every role in two branches of the tree, and one object of each kind.
import { randomUUID } from 'node:crypto';
import { person } from '../support/client.mjs';
import { faults_of_reply } from './contract.mjs';

// A person all of whose replies are held against the contract; complaints gather in `complaints`.
export const complaints = [];
export function checked(url, account) {
  const plain = person(url, account);
  const ask = plain.ask;
  plain.ask = async (...words) => {
    const reply = await ask(...words);
    complaints.push(...faults_of_reply(reply));
    return reply;
  };
  return plain;
}

export async function sign_in_all(url, accounts) {
  const rows = await Promise.all(
    Object.entries(accounts).map(async ([role, account]) => [role, await checked(url, account).signIn()]),
  );
  return Object.fromEntries(rows);
}

const password = 'a long pass phrase';
export async function new_person(by, organisation_id, role, account = `t-${randomUUID().slice(0, 12)}`) {
  await by.create('/api/people', { organisation_id, account, display_name: '测试员', password, role });
  return { account, password };
}

// The other branch: a city with an enterprise, a team and a centre, and the same roles at the same kinds of place.
export async function other_branch(url, administrator) {
  const province = administrator.session.person.organisation.organisation_id;
  const below = async (parent_id, kind, name) =>
    (await administrator.create('/api/organisations', { parent_id, kind, name })).organisation_id;
  const city = await below(province, 'city', '另一市');
  const enterprise = await below(city, 'enterprise', '另一厂');
  const team = await below(enterprise, 'team', '另一班');
  const centre = await below(city, 'centre', '另一考试中心');
  const places = {
    worker: team,
    trainer: city,
    reviewer: city,
    examiner: centre,
    proctor: centre,
    centre_manager: centre,
    administrator: city,
    auditor: city,
  };
  const accounts = {};
  for (const [role, place] of Object.entries(places)) accounts[role] = await new_person(administrator, place, role);
  return { city, enterprise, team, centre, people: await sign_in_all(url, accounts) };
}

const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
export async function new_sitting(manager, blueprint_id, { opens = -60, closes = 3600, duration = 3600 } = {}) {
  const organisation_id = manager.session.person.organisation.organisation_id;
  return manager.create('/api/exam/sittings', {
    organisation_id,
    blueprint_id,
    name: `场次 ${randomUUID().slice(0, 8)}`,
    opens_at: at(opens),
    closes_at: at(closes),
    duration_seconds: duration,
  });
}

export async function new_blueprint(trainer, organisation_id, outline_id, questions = 5) {
  return trainer.create('/api/exam/blueprints', {
    organisation_id,
    outline_id,
    name: '测试卷',
    pool: 'practice',
    pass_points: questions * 60,
    parts: [{ type: 'single_choice', questions, points: 100 }],
  });
}

// One object of each kind, made by those who may: an open sitting with the worker's open attempt, an open practice run.
export async function main_objects(staff) {
  const trade = (await staff.trainer.get('/api/trades')).trades.find((each) => each.outlines.length > 0);
  const outline_id = trade.outlines[0].outline_id;
  const province_id = staff.administrator.session.person.organisation.organisation_id;
  // Of the centre's city: one of the province could be used in both branches.
  const city = (await staff.administrator.get(`/api/organisations/${province_id}`)).children.find(
    (each) => each.name === '示范市',
  );
  const blueprint = await new_blueprint(staff.trainer, city.organisation_id, outline_id);
  const sitting = await new_sitting(staff.centre_manager, blueprint.blueprint_id);
  await staff.centre_manager.post(`/api/exam/sittings/${sitting.sitting_id}/registrations`, {
    accounts: [staff.worker.account.account],
  });
  const attempt = await staff.worker.post(`/api/exam/sittings/${sitting.sitting_id}/attempt`);
  const { stages } = await staff.worker.get(`/api/practice/outlines/${outline_id}/stages`);
  const run = await staff.worker.create(`/api/practice/stages/${stages[0].stage_id}/runs`);
  return {
    organisation_id: staff.worker.session.person.organisation.organisation_id,
    centre_id: staff.centre_manager.session.person.organisation.organisation_id,
    province_id,
    person_id: staff.worker.session.person.person_id,
    trade_id: trade.trade_id,
    outline_id,
    blueprint_id: blueprint.blueprint_id,
    sitting_id: sitting.sitting_id,
    attempt_id: attempt.attempt_id,
    stage_id: stages[0].stage_id,
    run_id: run.run_id,
    question_id: run.questions[0].question_id,
    role: 'worker',
  };
}
