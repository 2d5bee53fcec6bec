// A phone that stays without a network until the time is up: what did not arrive is named plainly, does not count, and
// is nobody else's business.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { inHand } from './pages.mjs'
import { takePhone } from './phone.mjs'
import { accountOf, signedIn } from './platform.mjs'
import { composePaper, newWorker, openSitting } from './staff.mjs'
import { story } from './steps.mjs'

const DURATION_SECONDS = 20

let phone, page, hand, who, worker, sitting, attemptId
const step = story(() => phone)

before(async () => {
  const trainer = await signedIn('trainer')
  const manager = await signedIn('centre_manager')
  who = await newWorker(await signedIn('administrator'), await signedIn('worker'))
  worker = await signedIn('worker', who)
  sitting = await openSitting(manager, (await composePaper(trainer)).blueprint_id, DURATION_SECONDS, who.account)
  phone = await takePhone('late')
  page = phone.page
  hand = inHand(page)
})
after(() => phone?.putAway())

step('the worker answers twice, the second time without a network', async () => {
  await page.goto('/exams')
  await hand.signIn(who)
  attemptId = await (await hand.startExam(sitting)).confirm()
  await hand.answer(1, [0])
  await hand.sees('已保存 1 题')
  await phone.cutNetwork()
  await hand.answer(2, [1])
  await hand.sees('未保存 1 题，等待网络')
})

step('a hand-in waits for the unsaved answer and says so', async () => {
  await hand.goTo(10)
  await hand.button('交卷').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('未保存 1 题：第 2 题').waitFor()
  await dialog.getByRole('button', { name: '交卷' }).click()
  await dialog.getByText('还没有交卷。正在等待网络').waitFor()
  await phone.photograph('hand-in-waits')
})

step('when the time is up the page says that it does not know yet', async () => {
  await page.getByRole('heading', { name: '考试已结束' }).waitFor({ timeout: DURATION_SECONDS * 1000 + 5000 })
  await phone.photograph('time-up-without-network')
})

step('the answer that came too late is named, and does not count', async () => {
  // Longer than any grace that the server gives to answers on their way.
  for (let state = 'open'; state !== 'closed';) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    ;({ state } = await worker.get(`/api/exam/attempts/${attemptId}`))
  }
  await phone.restoreNetwork()
  await hand.sees('有 1 个答案没有来得及保存')
  await hand.sees('第 2 题：B')
  await hand.sees('时间到，系统已自动交卷')
  await phone.photograph('too-late')
  const attempt = await worker.get(`/api/exam/attempts/${attemptId}`)
  assert.equal(attempt.closed_by, 'deadline')
  assert.deepEqual(
    attempt.answers.map((a) => a.position),
    [1],
  )
  await page.reload()
  await hand.sees('有 1 个答案没有来得及保存')
})

step('somebody else on the same phone sees nothing of it', async () => {
  await page.getByRole('link', { name: '返回' }).click()
  await hand.tab('我的')
  await hand.button('退出登录').click()
  await page.getByRole('dialog').getByText('还有 1 个考试答案没有保存到服务器').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: '退出', exact: true }).click()
  await hand.signIn(accountOf('centre_manager'))
  await hand.tab('考试')
  await page
    .locator('main')
    .getByText(/请求编号|您还没有报名任何考试/)
    .first()
    .waitFor()
  assert.equal(await page.getByText(sitting.name).count(), 0)
  assert.equal(await page.getByText('没有保存').count(), 0)
})

step('the worker finds it again, and puts it away after reading', async () => {
  await hand.tab('我的')
  await hand.signOut()
  await page.goto(`/exams/attempts/${attemptId}`)
  await hand.signIn(who)
  await hand.sees('第 2 题：B')
  await hand.button('我已知道，不再显示').click()
  await page.getByText('第 2 题：B').waitFor({ state: 'detached' })
  await page.reload()
  await page.locator('[data-state="closed"]').waitFor()
  assert.equal(await page.getByText('没有来得及保存').count(), 0)
})
