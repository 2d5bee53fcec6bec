// A worker's story from the sign-in to the leaderboard, in order: each step needs those before it.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { takePhone } from './phone.mjs'
import { accounts, everyRow, Refused, signedIn } from './platform.mjs'

const RUNS_MAX = 15
const PARTS = [
  { type: 'single_choice', questions: 4, points: 1000 },
  { type: 'multiple_choice', questions: 3, points: 1000 },
  { type: 'true_false', questions: 3, points: 1000 },
]

let phone, page, trainer, manager, worker
let trade, outline, sitting, attemptId
const given = new Map() // position to the answer that the pages were given
let failed = false

// Later steps of a story that broke would only say so again and again.
function step(name, play) {
  test(name, { timeout: 240_000 }, async (t) => {
    if (failed) return t.skip('an earlier step failed')
    try {
      await play()
      assert.deepEqual(phone.faults, [])
    } catch (error) {
      failed = true
      await phone.photograph('failed').catch(() => {})
      throw error
    }
  })
}

before(async () => {
  ;[trainer, manager, worker] = [await signedIn('trainer'), await signedIn('centre_manager'), await signedIn('worker')]
  phone = await takePhone()
  page = phone.page
})
after(() => phone?.putAway())

// ---- words of the pages ----------------------------------------------------------------------------------------------
const button = (name, exact = true) => page.getByRole('button', { name, exact })
const sees = (text) => page.getByText(text).first().waitFor()
const tab = (name) => page.getByRole('tab', { name }).click()
const choice = (index) => page.locator('label.choice').nth(index)

async function fillSignIn(within) {
  await within.getByLabel('账号').fill(accounts.worker.account)
  await within.getByLabel('密码').fill(accounts.worker.password)
  await within.getByRole('button', { name: '登录' }).click()
}

// ---- the staff's part ------------------------------------------------------------------------------------------------
async function firstOutlineThatFills(trades) {
  const refusals = []
  for (const one of trades)
    for (const candidate of one.outlines) {
      const blueprint = {
        organisation_id: trainer.organisationFor, outline_id: candidate.outline_id, name: `浏览器测试卷 ${randomUUID().slice(0, 8)}`,
        pool: 'secure', pass_points: 6000, parts: PARTS,
      }
      try {
        const { blueprint_id } = await trainer.post('/api/exam/blueprints', blueprint, randomUUID())
        return { one, candidate, blueprint_id }
      } catch (refused) {
        if (!(refused instanceof Refused) || refused.status !== 422) throw refused
        refusals.push(`${one.name}: ${refused.message}`)
      }
    }
  throw new Error(`no bundled outline fills the blueprint:\n${refusals.join('\n')}`)
}

step('staff prepare a sitting and register the worker', async () => {
  const trades = (await everyRow(trainer, '/api/trades', 'trades')).filter((one) => one.outlines.some((o) => o.questions > 0))
  const found = await firstOutlineThatFills(trades)
  ;[trade, outline] = [found.one, found.candidate]
  const now = Date.now()
  sitting = await manager.post('/api/exam/sittings', {
    organisation_id: manager.organisationFor, blueprint_id: found.blueprint_id, name: `浏览器测试 ${new Date(now).toISOString().slice(5, 19)}`,
    opens_at: new Date(now - 1000).toISOString(), closes_at: new Date(now + 900_000).toISOString(), duration_seconds: 600,
  }, randomUUID())
  const { registered } = await manager.post(`/api/exam/sittings/${sitting.sitting_id}/registrations`, { accounts: [accounts.worker.account] })
  assert.equal(registered, 1)
})

// ---- practice --------------------------------------------------------------------------------------------------------
step('a wrong password is refused in the words of the server', async () => {
  await page.goto('/')
  await page.getByLabel('账号').fill(`nobody-${randomUUID().slice(0, 8)}`)
  await page.getByLabel('密码').fill('not the pass phrase')
  await button('登录').click()
  await page.getByRole('alert').waitFor()
  await phone.photograph('sign-in-refused')
})

step('the worker signs in and chooses a trade', async () => {
  await fillSignIn(page)
  await page.getByRole('heading', { name: '选择工种和等级' }).waitFor()
  await phone.photograph('trades')
  await page.getByLabel('搜索工种名称或编码').fill(trade.name)
  await phone.photograph('trades-found')
  const card = page.locator('section.card', { has: page.getByText(trade.code, { exact: true }) })
  await card.getByRole('button', { name: outline.level_name }).first().click()
  await page.getByRole('heading', { name: '练习' }).waitFor()
  await page.locator('.stage').first().waitFor()
  await phone.photograph('stages')
})

const keys = new Map() // stem to the key, learned from the feedback

// The letters, or the words, of the key that the feedback shows.
function indexesOf(key) {
  if (key === '正确') return [0]
  if (key === '错误') return [1]
  return key.split(/\s+/).map((letter) => letter.charCodeAt(0) - 'A'.charCodeAt(0))
}

async function answerOne() {
  const form = page.locator('fieldset', { has: page.locator('legend.stem') })
  await form.waitFor()
  const stem = await form.locator('legend').innerText()
  for (const index of keys.has(stem) ? indexesOf(keys.get(stem)) : [0]) await choice(index).click()
  await button('提交答案').click()
  await page.locator('.verdict').waitFor()
  keys.set(stem, (await page.locator('dd.key').innerText()).trim())
}

async function playRun(isFirst) {
  for (let number = 1; ; number += 1) {
    await answerOne()
    if (isFirst && number === 1) await phone.photograph('feedback')
    const isLast = await button('看结果').isVisible()
    await button(isLast ? '看结果' : '下一题').click()
    if (isLast) break
    await page.locator('.verdict').waitFor({ state: 'detached' })
  }
  await page.locator('section.outcome').waitFor()
  return page.locator('section.outcome h2.passed').isVisible()
}

step('the worker clears the first stage, learning from the feedback', async () => {
  await page.locator('.stage').first().getByRole('button').click()
  let isPassed = await playRun(true)
  for (let run = 1; !isPassed && run < RUNS_MAX; run += 1) {
    await button('再练一次这一关').click()
    await page.locator('section.outcome').waitFor({ state: 'detached' })
    isPassed = await playRun(false)
  }
  assert.ok(isPassed, `not passed after ${RUNS_MAX} runs`)
  await phone.photograph('stage-passed')
  await button('返回关卡').click()
  await page.locator('.stage.passed').first().waitFor()
  await phone.photograph('stages-after')
  const { stages } = await worker.get(`/api/practice/outlines/${outline.outline_id}/stages`)
  assert.equal(stages[0].state, 'passed')
  assert.ok(stages[0].stars >= 1)
  assert.notEqual(stages[1]?.state, 'locked')
})

step('the wrong-question book opens', async () => {
  await page.getByRole('link', { name: '错题本' }).click()
  await page.getByRole('heading', { name: '错题本' }).waitFor()
  await page.locator('article.card fieldset').first().or(page.getByText('没有错题')).first().waitFor()
  await phone.photograph('wrong-questions')
  await page.getByRole('link', { name: '返回' }).click()
})

// ---- exam ------------------------------------------------------------------------------------------------------------
const onServer = async () => new Map((await worker.get(`/api/exam/attempts/${attemptId}`)).answers.map((a) => [a.position, a.answer]))

async function goTo(position) {
  await button('答题卡').click()
  await page.getByRole('button', { name: new RegExp(`^第 ${position} 题,`) }).click()
  await page.getByText(`第 ${position} 题 / 共`).waitFor()
}

// Answers the question that is shown: with the choices at these places.
async function answer(position, indexes) {
  await goTo(position)
  const form = page.locator('fieldset', { has: page.locator('legend.stem') })
  const type = await form.locator('.type').innerText()
  for (const index of indexes) await choice(index).click()
  const letters = indexes.map((index) => String.fromCharCode('A'.charCodeAt(0) + index))
  given.set(position, type === '判断题' ? indexes[0] === 0 : type === '多选题' ? letters : letters[0])
}

const markIs = (state) => page.locator(`.mark[data-save="${state}"]`).waitFor()

step('the worker starts the exam', async () => {
  await tab('考试')
  const card = page.locator(`[data-sitting="${sitting.sitting_id}"]`)
  await card.waitFor()
  await phone.photograph('sittings')
  await card.getByRole('button', { name: '开始考试' }).click()
  await page.getByRole('dialog').waitFor()
  await phone.photograph('start')
  await page.getByRole('dialog').getByRole('button', { name: '开始', exact: true }).click()
  await sees('第 1 题 / 共 10 题')
  attemptId = Number(/attempts\/(\d+)/.exec(page.url())[1])
  assert.match(await page.getByRole('timer').innerText(), /0?9:[0-5]\d|10:00/)
})

step('answers are saved as they are given', async () => {
  await answer(1, [0])
  await markIs('saved')
  await answer(2, [1])
  await answer(3, [2])
  await sees('已保存 3 题')
  await phone.photograph('exam-saved')
  assert.deepEqual(await onServer(), given)
})

step('without a network they stay on the phone, and say so', async () => {
  await phone.cutNetwork()
  await answer(4, [1])
  await markIs('unsaved')
  await answer(5, [0, 1])
  await sees('未保存 2 题，等待网络')
  await button('标记').click()
  await phone.photograph('exam-cut-off')
  const saved = await onServer()
  assert.deepEqual([...saved.keys()].sort(), [1, 2, 3])
})

step('a reload loses none of them', async () => {
  await phone.restorePagesOnly()
  await page.reload()
  await sees('未保存 2 题，等待网络')
  await sees('第 5 题 / 共 10 题')
  await markIs('unsaved')
  assert.deepEqual(await page.locator('label.choice input:checked').count(), 2)
  assert.equal(await button('标记').getAttribute('aria-pressed'), 'true')
  await answer(6, [1, 2])
  await sees('未保存 3 题，等待网络')
  await button('答题卡').click()
  await phone.photograph('exam-reloaded-without-network')
  await button('关闭').click()
})

step('when the network returns they are saved', async () => {
  await phone.restoreNetwork()
  await sees('已保存 6 题')
  await markIs('saved')
  await phone.photograph('exam-saved-again')
  assert.deepEqual(await onServer(), given)
})

step('a session that ends in the middle costs a sign-in and nothing else', async () => {
  await worker.delete('/api/sessions')
  await answer(7, [0, 2])
  const dialog = page.getByRole('dialog', { name: '请重新登录' })
  await dialog.waitFor()
  await phone.photograph('exam-sign-in-again')
  await dialog.getByLabel('密码').fill(accounts.worker.password)
  await dialog.getByRole('button', { name: '登录' }).click()
  await dialog.waitFor({ state: 'detached' })
  await sees('已保存 7 题')
  worker = await signedIn('worker')
  assert.deepEqual(await onServer(), given)
})

step('the hand-in names what is missing, and is final', async () => {
  await answer(1, [1])
  await answer(8, [0])
  await answer(9, [1])
  await sees('已保存 9 题')
  await goTo(10)
  await button('交卷').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('未答 1 题：第 10 题').waitFor()
  await phone.photograph('hand-in')
  await dialog.getByRole('button', { name: '交卷' }).click()
  await page.locator('[data-state="closed"]').getByText('已交卷').waitFor()
  await sees('服务器收到了 10 题中的 9 题答案')
  await phone.photograph('handed-in')
  const attempt = await worker.get(`/api/exam/attempts/${attemptId}`)
  assert.equal(attempt.state, 'closed')
  assert.equal(attempt.closed_by, 'candidate')
  assert.deepEqual(await onServer(), given)
  const { candidates } = await manager.get(`/api/exam/sittings/${sitting.sitting_id}/attempts`)
  assert.equal(candidates[0].attempt.answered, 9)
})

// ---- result and leaderboard ------------------------------------------------------------------------------------------
step('before the release there is no result, afterwards it is whole', async () => {
  await button('查看成绩').click()
  await page.locator('[data-state="not-released"]').waitFor()
  await phone.photograph('not-released')
  await manager.put(`/api/exam/sittings/${sitting.sitting_id}/release`, { released: 'key' })
  await button('再看一次').click()
  await page.locator('section.score').waitFor()
  const result = await worker.get(`/api/exam/attempts/${attemptId}/result`)
  assert.equal(await page.locator('.points').first().innerText(), String(result.score.points / 100))
  await sees(result.score.passed ? '合格' : '不合格')
  assert.equal(await page.locator('article.card').count(), 10)
  for (const question of result.questions) {
    const card = page.locator(`[data-position="${question.position}"]`)
    assert.deepEqual(question.answer, given.get(question.position) ?? null)
    await card.getByText(question.explanation.split('\n')[0]).first().waitFor()
    await card.locator('label.choice.key').first().waitFor()
  }
  await phone.photograph('result')
})

step('the leaderboard has the worker on it', async () => {
  await page.getByRole('link', { name: '返回' }).click()
  await tab('排行')
  await sees('我的名次')
  await phone.photograph('ranking-organisation')
  await page.getByText('全省', { exact: true }).click()
  await sees('我的名次')
  const board = await worker.get('/api/rankings?period=week')
  assert.ok(board.own.points > 0)
  await sees(`第 ${board.own.rank} 名`)
  await phone.photograph('ranking-province')
})

step('the worker makes the text larger and signs out', async () => {
  await tab('我的')
  await page.getByText('特大', { exact: true }).click()
  await phone.photograph('me-largest-text')
  await page.getByText('English', { exact: true }).click()
  await sees('Text size')
  await phone.photograph('me-english')
  await page.getByText('中文', { exact: true }).click()
  await button('退出登录').click()
  await page.getByRole('dialog').getByRole('button', { name: '退出', exact: true }).click()
  await page.getByRole('heading', { name: '登录' }).waitFor()
  await page.goto('/exams')
  await page.getByRole('heading', { name: '登录' }).waitFor()
})
