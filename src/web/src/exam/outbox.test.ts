import { describe, expect, test } from 'vitest'
import { Problem } from '../api/problem'
import { type KeptAnswer, Outbox, type Outcome, type OutboxStore, type SavedAnswer } from './outbox'

class MemoryStore implements OutboxStore {
  readonly rows = new Map<number, KeptAnswer>()
  isBroken = false
  async all() {
    return this.isBroken ? Promise.reject(new Error('no storage')) : [...this.rows.values()]
  }
  async put(answers: KeptAnswer[]) {
    if (this.isBroken) throw new Error('no storage')
    for (const answer of answers) this.rows.set(answer.position, answer)
  }
  async settle(answer: SavedAnswer) {
    const row = this.rows.get(answer.position)
    if (row?.sequence === answer.sequence) this.rows.set(answer.position, { ...row, saved: true })
  }
  async remove(answer: SavedAnswer) {
    if (this.rows.get(answer.position)?.sequence === answer.sequence) this.rows.delete(answer.position)
  }
  get unsaved() {
    return [...this.rows.values()].filter((row) => !row.saved)
  }
}

const all = (batch: SavedAnswer[], outcome: Outcome['outcome'] = 'saved'): Outcome[] =>
  batch.map(({ position, sequence }) => ({ position, sequence, outcome }))

const refusal = (status: number, code = 'x', retryAfter = 0) => new Problem(status, code, '', '', [], retryAfter)

// An outbox whose server answers when the test says so.
function made(store = new MemoryStore()) {
  const requests: { batch: SavedAnswer[]; reply: (outcomes: Outcome[]) => void; fail: (problem: Problem) => void }[] =
    []
  const timers: { delay: number; then: () => void; isOff: boolean }[] = []
  let underWay = 0
  const counts = { most: 0, outdated: 0, unwritten: 0 }
  const outbox = new Outbox({
    store,
    send: (batch) => {
      underWay += 1
      counts.most = Math.max(counts.most, underWay)
      counts.unwritten += store.isBroken
        ? 0
        : batch.filter((a) => store.rows.get(a.position)?.sequence !== a.sequence).length
      return new Promise<Outcome[]>((reply, fail) => requests.push({ batch, reply, fail })).finally(
        () => (underWay -= 1),
      )
    },
    after: (delay, then) => {
      const timer = { delay, then, isOff: false }
      timers.push(timer)
      return () => (timer.isOff = true)
    },
    random: () => 0.5,
    changed: () => {},
    outdated: () => (counts.outdated += 1),
  })
  const settled = () => new Promise((resolve) => setTimeout(resolve))
  // Answers the oldest open request.
  const reply = async (how: (batch: SavedAnswer[]) => Outcome[] = all) => {
    const request = requests.shift()!
    request.reply(how(request.batch))
    await settled()
    return request.batch
  }
  const fail = async (problem: Problem) => {
    const request = requests.shift()!
    request.fail(problem)
    await settled()
    return request.batch
  }
  const fire = async () => {
    timers.pop()!.then()
    await settled()
  }
  return { outbox, store, requests, timers, counts, settled, reply, fail, fire }
}

const sent = (batch: SavedAnswer[]) => batch.map((a) => [a.position, a.sequence, a.answer])

describe('an answer', () => {
  test('is written down before it is sent, and saved only after the server says so', async () => {
    const { outbox, store, requests, counts, settled, reply } = made()
    void outbox.answer(3, 'B')
    expect(outbox.saveStateOf(3)).toBe('unsaved')
    expect(requests).toHaveLength(0)
    await settled()
    expect(store.unsaved).toHaveLength(1)
    expect(sent(requests[0]!.batch)).toEqual([[3, 1, 'B']])
    expect(outbox.saveStateOf(3)).toBe('unsaved')
    await reply()
    expect(outbox.saveStateOf(3)).toBe('saved')
    expect(outbox.answerOf(3)).toBe('B')
    expect(outbox.state).toBe('idle')
    expect(store.unsaved).toHaveLength(0)
    expect(counts.unwritten).toBe(0)
  })

  test('gets the next sequence after all that are known', async () => {
    const { outbox, requests, settled } = made()
    outbox.learn([
      { position: 1, sequence: 7, answer: 'A' },
      { position: 2, sequence: 4, answer: 'B' },
    ])
    void outbox.answer(2, 'C')
    await settled()
    expect(sent(requests[0]!.batch)).toEqual([[2, 8, 'C']])
  })

  test('that changes while its request is under way is sent again', async () => {
    const { outbox, store, requests, settled, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    void outbox.answer(1, 'B')
    await settled()
    await reply()
    expect(outbox.saveStateOf(1)).toBe('unsaved')
    expect(store.unsaved).toMatchObject([{ sequence: 2, answer: 'B' }])
    expect(sent(requests[0]!.batch)).toEqual([[1, 2, 'B']])
    await reply()
    expect(outbox.saveStateOf(1)).toBe('saved')
  })

  test('taken back is an answer too', async () => {
    const { outbox, requests, settled, reply } = made()
    void outbox.answer(1, ['A', 'C'])
    await settled()
    await reply()
    void outbox.answer(1, null)
    await settled()
    expect(sent(requests[0]!.batch)).toEqual([[1, 2, null]])
    await reply()
    expect(outbox.answerOf(1)).toBeNull()
  })
})

describe('sending', () => {
  test('has one request under way, and takes everything that came in the meantime with the next', async () => {
    const { outbox, requests, counts, settled, reply } = made()
    for (let position = 1; position <= 5; position += 1) void outbox.answer(position, true)
    void outbox.flush()
    await settled()
    void outbox.flush()
    await settled()
    expect(requests).toHaveLength(1)
    await reply()
    while (requests.length > 0) {
      expect(requests).toHaveLength(1)
      await reply()
    }
    expect(outbox.unsaved).toEqual([])
    expect(counts.most).toBe(1)
  })

  test('puts at most 100 answers into a request', async () => {
    const store = new MemoryStore()
    await store.put(
      Array.from({ length: 230 }, (_, i) => ({ position: i + 1, sequence: i + 1, answer: 'A', saved: false })),
    )
    const { outbox, reply, settled } = made(store)
    await outbox.restore()
    void outbox.flush()
    await settled()
    expect([(await reply()).length, (await reply()).length, (await reply()).length]).toEqual([100, 100, 30])
    expect(outbox.unsaved).toEqual([])
  })

  test('is tried again with growing, spread pauses until it succeeds', async () => {
    const { outbox, timers, settled, fail, fire, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    const delays: number[] = []
    for (let i = 0; i < 6; i += 1) {
      await fail(i % 2 ? refusal(503) : Problem.unreachable())
      expect(outbox.state).toBe('waiting')
      delays.push(timers.at(-1)!.delay)
      await fire()
    }
    expect(delays).toEqual([750, 1500, 3000, 6000, 7500, 7500])
    await reply()
    expect(outbox.saveStateOf(1)).toBe('saved')
    expect(outbox.problem).toBeNull()
  })

  test('keeps the pause that the server asks for, and new answers join it', async () => {
    const { outbox, timers, requests, settled, fail, fire } = made()
    void outbox.answer(1, 'A')
    await settled()
    await fail(refusal(429, 'too_many', 20))
    expect(timers.at(-1)!.delay).toBe(20_750)
    void outbox.answer(2, 'B')
    await settled()
    expect(requests).toHaveLength(0)
    await fire()
    expect(requests[0]!.batch).toHaveLength(2)
  })

  test('starts at once when the network returns', async () => {
    const { outbox, timers, requests, settled, fail, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    await fail(Problem.unreachable())
    void outbox.flush()
    await settled()
    expect(timers[0]!.isOff).toBe(true)
    expect(requests).toHaveLength(1)
    await reply()
    expect(outbox.saveStateOf(1)).toBe('saved')
  })

  test('waits for the worker to sign in again, and loses nothing', async () => {
    const { outbox, requests, settled, fail, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    await fail(refusal(401))
    expect(outbox.state).toBe('sign_in')
    void outbox.answer(2, 'B')
    await settled()
    expect(requests).toHaveLength(0)
    void outbox.flush()
    await settled()
    expect(sent(requests[0]!.batch)).toEqual([
      [1, 1, 'A'],
      [2, 2, 'B'],
    ])
    await reply()
    expect(outbox.unsaved).toEqual([])
  })

  test('does not let one faulty answer hold up the others', async () => {
    const store = new MemoryStore()
    await store.put([1, 2, 3].map((n) => ({ position: n, sequence: n, answer: 'A', saved: false })))
    const { outbox, requests, settled, fail, reply } = made(store)
    await outbox.restore()
    void outbox.flush()
    await settled()
    await fail(refusal(422))
    expect(sent(requests[0]!.batch)).toEqual([[1, 1, 'A']])
    await reply()
    await fail(refusal(422))
    await reply()
    expect([1, 2, 3].map((n) => outbox.saveStateOf(n))).toEqual(['saved', 'refused', 'saved'])
    expect(outbox.problem?.status).toBe(422)
    void outbox.answer(2, 'B')
    await settled()
    await reply()
    expect(outbox.saveStateOf(2)).toBe('saved')
  })

  test('takes a reply that names none of the answers for a failure', async () => {
    const { outbox, settled, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    await reply(() => [])
    expect(outbox.saveStateOf(1)).toBe('unsaved')
    expect(outbox.state).toBe('waiting')
  })
})

describe('outcomes', () => {
  test('repeated is as good as saved', async () => {
    const { outbox, settled, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    await reply((batch) => all(batch, 'repeated'))
    expect(outbox.saveStateOf(1)).toBe('saved')
  })

  test('conflicting goes out again with a larger sequence', async () => {
    const { outbox, store, requests, settled, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    await reply((batch) => all(batch, 'conflicting'))
    expect(outbox.saveStateOf(1)).toBe('unsaved')
    expect(sent(requests[0]!.batch)).toEqual([[1, 2, 'A']])
    expect(store.unsaved).toMatchObject([{ sequence: 2 }])
    await reply()
    expect(outbox.saveStateOf(1)).toBe('saved')
  })

  test('superseded gives way to what the server holds', async () => {
    const { outbox, store, counts, settled, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    await reply((batch) => all(batch, 'superseded'))
    expect(outbox.unsaved).toEqual([])
    expect(counts.outdated).toBe(1)
    outbox.learn([{ position: 1, sequence: 9, answer: 'D' }])
    expect(outbox.answerOf(1)).toBe('D')
    await settled()
    expect(store.rows.get(1)).toMatchObject({ sequence: 9, saved: true })
    void outbox.answer(1, 'B')
    await settled()
    expect(store.rows.get(1)).toMatchObject({ sequence: 10, saved: false })
  })
})

describe('a reload', () => {
  test('finds unsaved answers still unsaved, and sends them', async () => {
    const before = made()
    void before.outbox.answer(1, 'A')
    await before.settled()
    await before.fail(Problem.unreachable())
    void before.outbox.answer(2, 'B')
    await before.settled()
    const { outbox, settled, reply } = made(before.store)
    await outbox.restore()
    expect([outbox.saveStateOf(1), outbox.saveStateOf(2)]).toEqual(['unsaved', 'unsaved'])
    void outbox.flush()
    await settled()
    expect(sent(await reply())).toEqual([
      [1, 1, 'A'],
      [2, 2, 'B'],
    ])
    expect(outbox.saveStateOf(2)).toBe('saved')
  })

  test('goes on after the last sequence, even when all of them are saved and the server is away', async () => {
    const before = made()
    void before.outbox.answer(1, 'A')
    await before.settled()
    await before.reply()
    const { outbox, requests, settled } = made(before.store)
    await outbox.restore()
    expect(outbox.saveStateOf(1)).toBe('saved')
    void outbox.answer(1, 'B')
    await settled()
    expect(sent(requests[0]!.batch)).toEqual([[1, 2, 'B']])
  })

  test('learns that an answer was saved although the reply was lost', async () => {
    const before = made()
    void before.outbox.answer(1, ['A', 'B'])
    await before.settled()
    await before.fail(Problem.unreachable())
    const { outbox, store, settled } = made(before.store)
    await outbox.restore()
    outbox.learn([{ position: 1, sequence: 1, answer: ['A', 'B'] }])
    await settled()
    expect(outbox.saveStateOf(1)).toBe('saved')
    expect(store.unsaved).toEqual([])
  })

  test('shows an older state of the server no longer', async () => {
    const { outbox, settled, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    await reply()
    void outbox.answer(1, 'B')
    await settled()
    await reply()
    outbox.learn([{ position: 1, sequence: 1, answer: 'A' }])
    expect(outbox.answerOf(1)).toBe('B')
  })
})

describe('a closed attempt', () => {
  test('names the answers that did not make it, and sends nothing more', async () => {
    const { outbox, store, requests, settled, fail } = made()
    void outbox.answer(4, 'A')
    await settled()
    void outbox.answer(2, 'B')
    await settled()
    await fail(refusal(409, 'attempt_closed'))
    expect(outbox.state).toBe('closed')
    expect(outbox.unsaved.map((a) => a.position)).toEqual([2, 4])
    expect(outbox.saveStateOf(4)).toBe('lost')
    await outbox.answer(5, 'C')
    await outbox.flush()
    expect(requests).toHaveLength(0)
    expect(outbox.answerOf(5)).toBeNull()
    await outbox.forgetLost()
    expect(outbox.unsaved).toEqual([])
    expect(store.rows.size).toBe(0)
  })

  test('still takes the word of a request that was under way', async () => {
    const { outbox, settled, reply } = made()
    void outbox.answer(1, 'A')
    await settled()
    outbox.close()
    await reply()
    expect(outbox.saveStateOf(1)).toBe('saved')
    expect(outbox.state).toBe('closed')
  })
})

test('a phone that keeps nothing still sends, and says that a reload would lose what is unsaved', async () => {
  const store = new MemoryStore()
  store.isBroken = true
  const { outbox, settled, reply } = made(store)
  await outbox.restore()
  expect(outbox.isKept).toBe(false)
  void outbox.answer(1, 'A')
  await settled()
  await reply()
  expect(outbox.saveStateOf(1)).toBe('saved')
})
