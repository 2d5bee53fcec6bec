// A worker's story from the sign-in to the leaderboard.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before } from 'node:test'
import { inHand } from './pages.mjs'
import { takePhone } from './phone.mjs'
import { accountOf, signedIn } from './platform.mjs'
import { composePaper, openSitting } from './staff.mjs'
import { story } from './steps.mjs'

const RUNS_MAX = 15

let phone, page, hand, trainer, manager, worker
let trade, outline, sitting, attemptId
const given = new Map() // position to the answer that the pages were given
const step = story(() => phone)

before(async () => {
  trainer = await signedIn('trainer')
  manager = await signedIn('centre_manager')
  worker = await signedIn('worker')
  phone = await takePhone('story')
  page = phone.page
  hand = inHand(page)
})
after(() => phone?.putAway())

step('staff prepare a sitting and register the worker', async () => {
  const paper = await composePaper(trainer)
  ;({ trade, outline } = paper)
  sitting = await openSitting(manager, paper.blueprint_id, 600, accountOf('worker').account)
})

// ---- practice --------------------------------------------------------------------------------------------------------
step('a wrong password is refused in the words of the server', async () => {
  await page.goto('/')
  await page.getByLabel('账号').fill(`nobody-${randomUUID().slice(0, 8)}`)
  await page.getByLabel('密码').fill('not the pass phrase')
  await hand.button('登录').click()
  await page.getByRole('alert').waitFor()
  await phone.photograph('sign-in-refused')
})

step('the worker signs in and chooses a trade', async () => {
  await hand.signIn(accountOf('worker'))
  await page.getByRole('heading', { name: '选择工种和等级' }).waitFor()
  await page.locator('section.card').first().waitFor()
  await phone.photograph('trades')
  await page.getByLabel('搜索工种名称或编码').fill(trade.name)
  await phone.photograph('trades-found')
  const card = page.locator('section.card', { has: page.getByText(trade.code, { exact: true }) })
  await card.getByRole('button', { name: outline.level_name }).first().click()
  await page.locator('.stage').first().waitFor()
  await phone.photograph('stages')
})

const keys = new Map() // stem to the key, learned from the feedback

// The places of the key as the feedback writes it: a word, or letters.
function placesOf(key) {
  if (key === '正确') return [0]
  if (key === '错误') return [1]
  return key.split(/\s+/).map((letter) => letter.charCodeAt(0) - 'A'.charCodeAt(0))
}

async function answerInPractice() {
  await hand.form().waitFor()
  const stem = await hand.form().locator('legend').innerText()
  for (const place of keys.has(stem) ? placesOf(keys.get(stem)) : [0]) await hand.choose(place)
  await hand.button('提交答案').click()
  await page.locator('.verdict').waitFor()
  keys.set(stem, (await page.locator('dd.key').innerText()).trim())
}

async function playRun(isFirst) {
  for (let number = 1; ; number += 1) {
    await answerInPractice()
    if (isFirst && number === 1) await phone.photograph('feedback')
    const isLast = await hand.button('看结果').isVisible()
    await hand.button(isLast ? '看结果' : '下一题').click()
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
    await hand.button('再练一次这一关').click()
    await page.locator('section.outcome').waitFor({ state: 'detached' })
    isPassed = await playRun(false)
  }
  assert.ok(isPassed, `not passed after ${RUNS_MAX} runs`)
  await phone.photograph('stage-passed')
  await hand.button('返回关卡').click()
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
const onServer = async () =>
  new Map((await worker.get(`/api/exam/attempts/${attemptId}`)).answers.map((a) => [a.position, a.answer]))

async function answer(position, indexes) {
  given.set(position, await hand.answer(position, indexes))
}

step('the worker starts the exam', async () => {
  await hand.tab('考试')
  await page.locator(`[data-sitting="${sitting.sitting_id}"]`).waitFor()
  await phone.photograph('sittings')
  const start = await hand.startExam(sitting)
  await phone.photograph('start')
  attemptId = await start.confirm()
  assert.match(await page.getByRole('timer').innerText(), /09:[0-5]\d|10:00/)
})

step('answers are saved as they are given', async () => {
  await answer(1, [0])
  await hand.saveMarkIs('saved')
  await answer(2, [1])
  await answer(3, [2])
  await hand.sees('已保存 3 题')
  await phone.photograph('exam-saved')
  assert.deepEqual(await onServer(), given)
})

step('without a network they stay on the phone, and say so', async () => {
  await phone.cutNetwork()
  await answer(4, [1])
  await hand.saveMarkIs('unsaved')
  await answer(5, [0, 1])
  await hand.sees('未保存 2 题，等待网络')
  await hand.button('标记').click()
  await phone.photograph('exam-cut-off')
  assert.deepEqual([...(await onServer()).keys()].sort(), [1, 2, 3])
})

step('a reload loses none of them', async () => {
  await phone.restorePagesOnly()
  await page.reload()
  await hand.sees('未保存 2 题，等待网络')
  await hand.sees('第 5 题 / 共 10 题')
  await hand.saveMarkIs('unsaved')
  assert.equal(await page.locator('label.choice input:checked').count(), 2)
  assert.equal(await hand.button('标记').getAttribute('aria-pressed'), 'true')
  await answer(6, [1, 2])
  await hand.sees('未保存 3 题，等待网络')
  await hand.button('答题卡').click()
  await phone.photograph('exam-reloaded-without-network')
  await hand.button('关闭').click()
})

step('when the network returns they are saved', async () => {
  await phone.restoreNetwork()
  await hand.sees('已保存 6 题')
  await hand.saveMarkIs('saved')
  await phone.photograph('exam-saved-again')
  assert.deepEqual(await onServer(), given)
})

step('a session that ends in the middle costs a sign-in and nothing else', async () => {
  await worker.delete('/api/sessions')
  await answer(7, [1])
  const dialog = page.getByRole('dialog', { name: '请重新登录' })
  await dialog.waitFor()
  await phone.photograph('exam-sign-in-again')
  await hand.signIn(accountOf('worker'), dialog)
  await dialog.waitFor({ state: 'detached' })
  await hand.sees('已保存 7 题')
  worker = await signedIn('worker')
  assert.deepEqual(await onServer(), given)
})

step('the hand-in names what is missing, and is final', async () => {
  await answer(1, [1])
  await answer(8, [0])
  await answer(9, [1])
  await hand.sees('已保存 9 题')
  await hand.goTo(10)
  await hand.button('交卷').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('未答 1 题：第 10 题').waitFor()
  await phone.photograph('hand-in')
  await dialog.getByRole('button', { name: '交卷' }).click()
  await page.locator('[data-state="closed"]').getByText('已交卷').waitFor()
  await hand.sees('服务器收到了 10 题中的 9 题答案')
  await phone.photograph('handed-in')
  const attempt = await worker.get(`/api/exam/attempts/${attemptId}`)
  assert.equal(attempt.state, 'closed')
  assert.equal(attempt.closed_by, 'candidate')
  assert.deepEqual(await onServer(), given)
  const { candidates } = await manager.get(`/api/exam/sittings/${sitting.sitting_id}/attempts`)
  assert.equal(candidates[0].attempt.answered, 9)
})

// ---- result and leaderboard ------------------------------------------------------------------------------------------
step('before the release there is no result', async () => {
  await hand.button('查看成绩').click()
  await page.locator('[data-state="not-released"]').waitFor()
  await phone.photograph('not-released')
})

step('after the release it is whole, with keys and explanations', async () => {
  await manager.put(`/api/exam/sittings/${sitting.sitting_id}/release`, { released: 'key' })
  await hand.button('再看一次').click()
  await page.locator('section.score').waitFor()
  const result = await worker.get(`/api/exam/attempts/${attemptId}/result`)
  assert.equal(await page.locator('.points').first().innerText(), String(result.score.points / 100))
  await page.getByText(result.score.passed ? '合格' : '不合格', { exact: true }).waitFor()
  assert.equal(await page.locator('article.card').count(), 10)
  for (const question of result.questions) {
    assert.deepEqual(question.answer, given.get(question.position) ?? null)
    const card = page.locator(`[data-position="${question.position}"]`)
    await card.locator('label.choice.key').first().waitFor()
    if (question.explanation) await card.getByText(question.explanation.split('\n')[0]).first().waitFor()
  }
  await phone.photograph('result')
})

step('the leaderboard has the worker on it', async () => {
  await page.getByRole('link', { name: '返回' }).click()
  await hand.tab('排行')
  await hand.sees('我的名次')
  await phone.photograph('ranking-organisation')
  const board = await worker.get('/api/rankings?period=week')
  assert.ok(board.own.points > 0)
  await page.getByText('全省', { exact: true }).click()
  await hand.sees(board.organisation.name)
  await hand.sees(`第 ${board.own.rank} 名`)
  await phone.photograph('ranking-province')
})

step('the worker makes the text larger and signs out', async () => {
  await hand.tab('我的')
  await page.getByText('特大', { exact: true }).click()
  await phone.photograph('me-largest-text')
  await page.getByText('English', { exact: true }).click()
  await hand.sees('Text size')
  await phone.photograph('me-english')
  await page.getByText('中文', { exact: true }).click()
  await hand.signOut()
  await page.goto('/exams')
  await page.getByRole('heading', { name: '登录', exact: true }).waitFor()
  assert.equal(await page.getByText(accountOf('worker').account).count(), 0)
})
