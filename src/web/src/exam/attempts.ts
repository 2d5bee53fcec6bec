// Attempts that are open on this phone, each with its paper, clock and outbox. They live as long as the program, not as
// long as a page: what is unsaved goes on being sent while the worker looks at something else.
import { shallowReactive } from 'vue'
import { answered, api, type Schema } from '../api/client'
import { asProblem, Problem } from '../api/problem'
import { person } from '../identity/session'
import { ServerClock } from './clock'
import { Outbox } from './outbox'
import { answersOf, forgetPaper, keepPaper, keptPaper, unsavedByAttempt } from './storage'

export type Attempt = Schema['Attempt']

export interface OpenAttempt {
  readonly attemptId: number
  readonly outbox: Outbox
  readonly clock: ServerClock
  paper: Attempt | null
  marked: ReadonlySet<number>
  counted: number | null // how many answers the server has, once it is closed
  problem: Problem | null // why the server's state is not known
  isLoading: boolean
  changes: number // grows with every change of the outbox
}

const open = new Map<number, OpenAttempt>()

function inTheMeantime(
  attempt: OpenAttempt,
  sentAt: number,
  reply: { server_time: string; deadline_at: string },
): void {
  attempt.clock.heard(reply.server_time, sentAt, attempt.clock.now())
  if (attempt.paper && attempt.paper.deadline_at !== reply.deadline_at)
    attempt.paper = { ...attempt.paper, deadline_at: reply.deadline_at }
}

function outboxOf(attemptId: number, attempt: () => OpenAttempt): Outbox {
  const path = { attempt_id: attemptId }
  return new Outbox({
    store: answersOf(person.value.person_id, attemptId),
    send: async (answers) => {
      const sentAt = attempt().clock.now()
      const reply = await answered(
        api.POST('/api/exam/attempts/{attempt_id}/answers', { params: { path }, body: { answers } }),
      )
      inTheMeantime(attempt(), sentAt, reply)
      return reply.outcomes
    },
    after: (milliseconds, then) => {
      const timer = setTimeout(then, milliseconds)
      return () => clearTimeout(timer)
    },
    random: Math.random,
    changed: () => (attempt().changes += 1),
    outdated: () => void learn(attempt()),
  })
}

export function attemptOf(attemptId: number): OpenAttempt {
  const known = open.get(attemptId)
  if (known) return known
  const made: OpenAttempt = shallowReactive({
    attemptId,
    outbox: outboxOf(attemptId, () => made),
    clock: new ServerClock(),
    paper: null,
    marked: new Set<number>(),
    counted: null,
    problem: null,
    isLoading: true,
    changes: 0,
  })
  open.set(attemptId, made)
  return made
}

const ready = new WeakMap<OpenAttempt, Promise<void>>()

// What the phone kept, once.
function restored(attempt: OpenAttempt): Promise<void> {
  const before = ready.get(attempt)
  if (before) return before
  const restoring = (async () => {
    await attempt.outbox.restore()
    const kept = await keptPaper(person.value.person_id, attempt.attemptId).catch(() => null)
    if (!kept) return
    attempt.paper = kept.paper
    attempt.marked = new Set(kept.marked)
  })()
  ready.set(attempt, restoring)
  return restoring
}

// The server's state of the attempt, and then whatever is unsaved.
export async function refresh(attempt: OpenAttempt): Promise<void> {
  attempt.isLoading = true
  await restored(attempt)
  await learn(attempt)
  attempt.isLoading = false
  if (!attempt.problem) await attempt.outbox.flush()
}

async function learn(attempt: OpenAttempt): Promise<void> {
  try {
    const sentAt = attempt.clock.now()
    const paper = await answered(
      api.GET('/api/exam/attempts/{attempt_id}', { params: { path: { attempt_id: attempt.attemptId } } }),
    )
    attempt.clock.heard(paper.server_time, sentAt, attempt.clock.now())
    attempt.paper = paper
    attempt.problem = null
    attempt.outbox.learn(paper.answers)
    if (paper.state === 'open') return await keep(attempt)
    attempt.counted = paper.answers.filter(({ answer }) => answer !== null).length
    await end(attempt)
  } catch (thrown) {
    attempt.problem = asProblem(thrown)
  }
}

async function end(attempt: OpenAttempt): Promise<void> {
  attempt.outbox.close()
  await forgetPaper(person.value.person_id, attempt.attemptId).catch(() => {})
}

// Without storage the exam goes on; the outbox says that a reload would lose what is unsaved.
async function keep(attempt: OpenAttempt): Promise<void> {
  if (attempt.paper)
    await keepPaper(person.value.person_id, { paper: attempt.paper, marked: [...attempt.marked] }).catch(() => {})
}

export function toggleMark(attempt: OpenAttempt, position: number): void {
  const marked = new Set(attempt.marked)
  if (!marked.delete(position)) marked.add(position)
  attempt.marked = marked
  void keep(attempt)
}

export async function start(sittingId: number): Promise<OpenAttempt> {
  const path = { sitting_id: sittingId }
  const { attempt_id } = await answered(api.POST('/api/exam/sittings/{sitting_id}/attempt', { params: { path } }))
  return attemptOf(attempt_id)
}

// Final. What is unsaved goes first; throws a Problem where it can't, or where the server did not answer.
export async function handIn(attempt: OpenAttempt): Promise<void> {
  await attempt.outbox.flush()
  const { outbox } = attempt
  // What the server finds faulty will never be saved; the worker was shown it and decided.
  const waiting = outbox.unsaved.filter((a) => outbox.saveStateOf(a.position) === 'unsaved')
  if (waiting.length > 0) throw outbox.problem ?? Problem.unreachable()
  const path = { attempt_id: attempt.attemptId }
  const {
    state,
    closed_by,
    answered: counted,
  } = await answered(api.POST('/api/exam/attempts/{attempt_id}/hand-in', { params: { path } }))
  if (attempt.paper) attempt.paper = { ...attempt.paper, state, closed_by }
  attempt.counted = counted
  await end(attempt)
}

export function flushAll(): void {
  for (const attempt of open.values()) void attempt.outbox.flush()
}

// Attempts with answers that an earlier visit could not send.
export async function sendLeftovers(): Promise<void> {
  const waiting = await unsavedByAttempt(person.value.person_id).catch(() => new Map<number, number>())
  for (const attemptId of waiting.keys()) if (!open.has(attemptId)) void refresh(attemptOf(attemptId))
}

// The worker has read which answers did not count.
export async function acknowledgeLost(attempt: OpenAttempt): Promise<void> {
  await attempt.outbox.forgetLost()
  await forgetPaper(person.value.person_id, attempt.attemptId).catch(() => {})
}

// The person left.
export function closeAll(): void {
  for (const attempt of open.values()) attempt.outbox.close()
  open.clear()
}
