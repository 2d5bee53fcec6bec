// Answers of one attempt on their way to the server. Each is written down on the phone before it is sent, and counts as
// saved only after the server's word; one request is under way at a time, and what fails is sent again.
import type { Answer, Schema } from '../api/client'
import { asProblem, Problem } from '../api/problem'

export type SavedAnswer = Schema['SavedAnswer']
export type Outcome = Schema['AnswerOutcomes']['outcomes'][number]

export interface KeptAnswer extends SavedAnswer {
  saved: boolean // by the server's word
}

// The newest answer of each question, kept on the phone. Calls take effect in their order.
export interface OutboxStore {
  all(): Promise<KeptAnswer[]>
  put(answers: KeptAnswer[]): Promise<void>
  // These two leave a newer answer that took its place.
  settle(answer: SavedAnswer): Promise<void>
  remove(answer: SavedAnswer): Promise<void>
}

export interface OutboxSurroundings {
  store: OutboxStore
  send: (answers: SavedAnswer[]) => Promise<Outcome[]> // throws a Problem
  after: (milliseconds: number, then: () => void) => () => void // returns what calls it off
  random: () => number
  changed: () => void
  // The server has a newer answer from another device or tab: what it holds should be learned again.
  outdated: () => void
}

export type OutboxState = 'idle' | 'sending' | 'waiting' | 'sign_in' | 'closed'
export type SaveState = 'none' | 'saved' | 'unsaved' | 'refused' | 'lost'

const BATCH_MAX = 100
const RETRY_FIRST_MS = 1000
const RETRY_LAST_MS = 10_000
const FAULTY_CONTENT = [400, 413, 422]

export function isSameAnswer(a: Answer, b: Answer): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && [...a].sort().join() === [...b].sort().join()
  return a === b
}

export class Outbox {
  readonly #saved = new Map<number, SavedAnswer>() // by position
  readonly #pending = new Map<number, SavedAnswer>()
  readonly #writing = new Map<number, Promise<void>>() // by sequence: not yet written down
  readonly #refused = new Set<number>() // sequences that the server finds faulty
  #sequence = 0
  #state: OutboxState = 'idle'
  #problem: Problem | null = null
  #failures = 0
  #batchMax = BATCH_MAX
  #running: Promise<void> | null = null
  #callOff: (() => void) | null = null
  #isKept = true

  constructor(private readonly around: OutboxSurroundings) {}

  get state(): OutboxState {
    return this.#state
  }

  // Why the last request failed; null after one that went well.
  get problem(): Problem | null {
    return this.#problem
  }

  // False where the phone refuses to keep anything: unsaved answers would not survive a reload.
  get isKept(): boolean {
    return this.#isKept
  }

  get unsaved(): SavedAnswer[] {
    return [...this.#pending.values()].sort((a, b) => a.position - b.position)
  }

  answerOf(position: number): Answer {
    return (this.#pending.get(position) ?? this.#saved.get(position))?.answer ?? null
  }

  saveStateOf(position: number): SaveState {
    const pending = this.#pending.get(position)
    if (pending && this.#state === 'closed') return 'lost'
    if (pending) return this.#refused.has(pending.sequence) ? 'refused' : 'unsaved'
    return this.#saved.has(position) ? 'saved' : 'none'
  }

  // What the phone kept through a reload. Comes before everything else.
  async restore(): Promise<void> {
    const kept = await this.around.store.all().catch(() => {
      this.#isKept = false
      return []
    })
    for (const { saved, ...answer } of kept) {
      this.#sequence = Math.max(this.#sequence, answer.sequence)
      ;(saved ? this.#saved : this.#pending).set(answer.position, answer)
    }
    this.around.changed()
  }

  // What the server holds. An answer whose acknowledgement was lost on the way turns out to be saved.
  learn(answers: SavedAnswer[]): void {
    const news: KeptAnswer[] = []
    for (const answer of answers) {
      this.#sequence = Math.max(this.#sequence, answer.sequence)
      const known = this.#saved.get(answer.position)
      if (!known || known.sequence <= answer.sequence) this.#saved.set(answer.position, answer)
      const pending = this.#pending.get(answer.position)
      if (!pending) news.push({ ...answer, saved: true })
      else if (pending.sequence === answer.sequence && isSameAnswer(pending.answer, answer.answer)) this.#settle(answer)
    }
    if (news.length > 0) void this.#kept(this.around.store.put(news))
    this.around.changed()
  }

  async answer(position: number, answer: Answer): Promise<void> {
    if (this.#state === 'closed') return
    await this.#post(position, answer)
    await this.#run()
  }

  // Sends what waits now instead of later. Afterwards everything is saved, or `problem` says why not.
  async flush(): Promise<void> {
    if (this.#state === 'closed') return
    await Promise.all(this.#writing.values())
    if (this.#state === 'waiting' || this.#state === 'sign_in') this.#state = 'idle'
    this.#stopWaiting()
    this.#refused.clear()
    await this.#run()
  }

  // The attempt is closed, or the person left: nothing is sent any more. What is unsaved stays written down.
  close(): void {
    this.#stopWaiting()
    this.#state = 'closed'
    this.around.changed()
  }

  // The worker has read which answers did not count.
  async forgetLost(): Promise<void> {
    await Promise.all(this.unsaved.map((answer) => this.#kept(this.around.store.remove(answer))))
    this.#pending.clear()
    this.around.changed()
  }

  async #kept(writing: Promise<void>): Promise<void> {
    try {
      await writing
    } catch {
      this.#isKept = false
      this.around.changed()
    }
  }

  async #post(position: number, answer: Answer): Promise<void> {
    this.#sequence += 1
    const sequence = this.#sequence
    const given = { position, sequence, answer }
    this.#pending.set(position, given)
    const writing = this.#kept(this.around.store.put([{ ...given, saved: false }]))
    this.#writing.set(sequence, writing)
    this.around.changed()
    await writing
    this.#writing.delete(sequence)
  }

  #stopWaiting(): void {
    this.#callOff?.()
    this.#callOff = null
  }

  #run(): Promise<void> {
    if (this.#running) return this.#running
    if (this.#state !== 'idle' || this.#batch().length === 0) return Promise.resolve()
    this.#running = this.#drain().then(() => {
      this.#running = null
      this.around.changed()
      return this.#run() // for what was written down while the last request ended
    })
    return this.#running
  }

  #batch(): SavedAnswer[] {
    const ready = [...this.#pending.values()].filter(
      (a) => !this.#writing.has(a.sequence) && !this.#refused.has(a.sequence),
    )
    return ready.sort((a, b) => a.sequence - b.sequence).slice(0, this.#batchMax)
  }

  async #drain(): Promise<void> {
    this.#state = 'sending'
    for (let batch = this.#batch(); batch.length > 0 && this.#state === 'sending'; batch = this.#batch()) {
      this.around.changed()
      try {
        this.#take(batch, await this.around.send(batch))
      } catch (thrown) {
        this.#failed(asProblem(thrown), batch)
      }
    }
    this.#batchMax = BATCH_MAX
    if (this.#state === 'sending') this.#state = 'idle'
  }

  #take(batch: SavedAnswer[], outcomes: Outcome[]): void {
    const told = batch.flatMap((sent) => {
      const outcome = outcomes.find((o) => o.position === sent.position && o.sequence === sent.sequence)
      return outcome ? [{ sent, outcome: outcome.outcome }] : []
    })
    if (told.length === 0) throw new Problem(-1, 'unexpected', '', '')
    this.#failures = 0
    for (const { sent, outcome } of told) {
      if (outcome === 'conflicting') this.#sendAnew(sent)
      else if (outcome === 'superseded') this.#drop(sent)
      else this.#settle(sent)
    }
    if (!this.unsaved.some((a) => this.#refused.has(a.sequence))) this.#problem = null
    if (told.some(({ outcome }) => outcome === 'superseded')) this.around.outdated()
  }

  // The sequence was used for another answer, by another tab or device.
  #sendAnew(sent: SavedAnswer): void {
    if (this.#pending.get(sent.position)?.sequence === sent.sequence)
      void this.#post(sent.position, sent.answer).then(() => this.#run())
  }

  #settle(answer: SavedAnswer): void {
    const known = this.#saved.get(answer.position)
    if (!known || known.sequence <= answer.sequence) this.#saved.set(answer.position, answer)
    if (this.#pending.get(answer.position)?.sequence === answer.sequence) this.#pending.delete(answer.position)
    void this.#kept(this.around.store.settle(answer))
  }

  #drop(answer: SavedAnswer): void {
    if (this.#pending.get(answer.position)?.sequence === answer.sequence) this.#pending.delete(answer.position)
    void this.#kept(this.around.store.remove(answer))
  }

  #failed(problem: Problem, batch: SavedAnswer[]): void {
    this.#problem = problem
    if (this.#state === 'closed') return
    if (problem.status === 409) this.close()
    else if (problem.status === 401) this.#state = 'sign_in'
    else if (FAULTY_CONTENT.includes(problem.status)) this.#setAside(batch)
    else this.#waitAfter(problem)
  }

  // One faulty answer must not hold up the others: they go one by one, and the faulty one stays behind.
  #setAside(batch: SavedAnswer[]): void {
    if (batch.length > 1) this.#batchMax = 1
    else for (const answer of batch) this.#refused.add(answer.sequence)
  }

  #waitAfter(problem: Problem): void {
    const longest = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#failures)
    this.#failures += 1
    this.#state = 'waiting'
    // Spread, so that a hall of phones does not come back in the same instant.
    const delay = problem.retryAfterSeconds * 1000 + longest * (0.5 + 0.5 * this.around.random())
    this.#callOff = this.around.after(delay, () => {
      this.#callOff = null
      this.#state = 'idle'
      void this.#run()
    })
  }
}
