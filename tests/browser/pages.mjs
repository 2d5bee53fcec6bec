// The pages in the hands of a worker: what is tapped, typed and read.
export function inHand(page) {
  const button = (name, exact = true) => page.getByRole('button', { name, exact })
  const form = () => page.locator('fieldset', { has: page.locator('legend.stem') })

  async function goTo(position) {
    await button('答题卡').click()
    await page.getByRole('button', { name: new RegExp(`^第 ${position} 题,`) }).click()
    await page.getByText(`第 ${position} 题 / 共`).waitFor()
  }

  return {
    button,
    form,
    goTo,
    sees: (text) => page.getByText(text).first().waitFor(),
    tab: (name) => page.getByRole('tab', { name }).click(),
    choose: (index) => form().locator('label.choice').nth(index).click(),
    saveMarkIs: (state) => page.locator(`.mark[data-save="${state}"]`).waitFor(),

    async signIn(who, within = page) {
      await within.getByLabel('账号').fill(who.account)
      await within.getByLabel('密码').fill(who.password)
      await within.getByRole('button', { name: '登录' }).click()
    },

    async startExam(sitting) {
      const card = page.locator(`[data-sitting="${sitting.sitting_id}"]`)
      await card.getByRole('button', { name: '开始考试' }).click()
      return {
        dialog: page.getByRole('dialog'),
        async confirm() {
          await page.getByRole('dialog').getByRole('button', { name: '开始', exact: true }).click()
          await page.getByText('第 1 题 / 共 10 题').waitFor()
          return Number(/attempts\/(\d+)/.exec(page.url())[1])
        },
      }
    },

    // Taps the choices at these places; the answer that this makes.
    async answer(position, indexes) {
      await goTo(position)
      const type = await form().locator('.type').innerText()
      for (const index of indexes) await form().locator('label.choice').nth(index).click()
      const letters = indexes.map((index) => String.fromCharCode('A'.charCodeAt(0) + index))
      if (type === '判断题') return indexes[0] === 0
      return type === '多选题' ? letters : letters[0]
    },

    async signOut() {
      await button('退出登录').click()
      await page.getByRole('dialog').getByRole('button', { name: '退出', exact: true }).click()
      await page.getByRole('heading', { name: '登录', exact: true }).waitFor()
    },
  }
}
