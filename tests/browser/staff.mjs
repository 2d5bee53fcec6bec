// What trainer and centre do before a worker can sit an exam, by API.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { everyRow, Refused } from './platform.mjs'

const PARTS = [
  { type: 'single_choice', questions: 4, points: 1000 },
  { type: 'multiple_choice', questions: 3, points: 1000 },
  { type: 'true_false', questions: 3, points: 1000 },
]

// A colleague of the worker's, whom no other test signs out.
export async function newWorker(administrator, colleague) {
  const who = { account: `late-${randomUUID().slice(0, 8)}`, password: randomUUID() }
  const { organisation_id } = colleague.person.organisation
  await administrator.post(
    '/api/people',
    { ...who, organisation_id, display_name: '赵师傅', role: 'worker' },
    randomUUID(),
  )
  return who
}

// A blueprint of ten questions from the first outline that has enough of them in the secure pool.
export async function composePaper(trainer) {
  const trades = await everyRow(trainer, '/api/trades', 'trades')
  const refusals = []
  for (const trade of trades)
    for (const outline of trade.outlines.filter((one) => one.questions > 0)) {
      const blueprint = {
        organisation_id: trainer.organisationFor,
        outline_id: outline.outline_id,
        name: `浏览器测试卷 ${randomUUID().slice(0, 8)}`,
        pool: 'secure',
        pass_points: 6000,
        parts: PARTS,
      }
      try {
        const { blueprint_id } = await trainer.post('/api/exam/blueprints', blueprint, randomUUID())
        return { trade, outline, blueprint_id }
      } catch (refused) {
        if (!(refused instanceof Refused) || ![409, 422].includes(refused.status)) throw refused
        refusals.push(`${trade.name}: ${refused.message}`)
      }
    }
  throw new Error(`no published outline fills the blueprint:\n${refusals.join('\n')}`)
}

// Open since a second ago, with the worker of this account registered.
export async function openSitting(manager, blueprint_id, duration_seconds, account) {
  const now = Date.now()
  const wanted = {
    organisation_id: manager.organisationFor,
    blueprint_id,
    name: `浏览器测试 ${new Date(now).toISOString().slice(5, 19)}`,
    opens_at: new Date(now - 1000).toISOString(),
    closes_at: new Date(now + 900_000).toISOString(),
    duration_seconds,
  }
  const sitting = await manager.post('/api/exam/sittings', wanted, randomUUID())
  const path = `/api/exam/sittings/${sitting.sitting_id}/registrations`
  const { registered } = await manager.post(path, { accounts: [account] })
  assert.equal(registered, 1)
  return sitting
}
