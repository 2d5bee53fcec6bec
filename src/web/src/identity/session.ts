// Who is signed in. The session itself is an HttpOnly cookie that this program never sees; the CSRF token lives in
// memory alone. The phone remembers only whose pages it showed last, so that an exam goes on without the network.
import { computed, reactive } from 'vue'
import { answered, api, type Schema, useSessionHooks } from '../api/client'
import { asProblem, Problem } from '../api/problem'
import { keepJson, keptJson } from '../app/device'

export type Person = Schema['Person']

interface SessionState {
  state: 'unknown' | 'signed_in' | 'signed_out' | 'unreachable'
  person: Person | null
  isExpired: boolean // the server forgot the session while pages were open
  renewals: number // grows whenever the server confirms the session, so that what failed is tried again
  problem: Problem | null
}

export const session = reactive<SessionState>({
  state: 'unknown',
  person: null,
  isExpired: false,
  renewals: 0,
  problem: null,
})

let csrfToken = ''
const REMEMBERED = 'person'

function take(found: Schema['Session']): void {
  const before = session.person?.person_id
  keepJson(REMEMBERED, found.person)
  // Nothing in memory may outlive its person.
  if (before !== undefined && before !== found.person.person_id) return location.assign('/')
  csrfToken = found.csrf_token
  Object.assign(session, { state: 'signed_in', person: found.person, isExpired: false, problem: null })
  session.renewals += 1
}

function forget(): void {
  csrfToken = ''
  keepJson(REMEMBERED, null)
}

async function renew(): Promise<void> {
  try {
    take(await answered(api.GET('/api/session')))
  } catch (thrown) {
    if (asProblem(thrown).status === 401) session.isExpired = session.person !== null
    throw thrown
  }
}

useSessionHooks({
  csrfToken: () => csrfToken,
  renew,
  ended: () => {
    csrfToken = ''
    session.isExpired = session.person !== null
  },
})

// At the start of the page, and again while the server could not be reached.
export async function findSession(): Promise<void> {
  try {
    take(await answered(api.GET('/api/session')))
  } catch (thrown) {
    const problem = asProblem(thrown)
    if (problem.status === 401 && session.person === null) {
      forget()
      Object.assign(session, { state: 'signed_out', problem: null })
    } else if (problem.status === 401) session.isExpired = true
    else Object.assign(session, { state: 'unreachable', person: keptJson<Person>(REMEMBERED), problem })
  }
}

const PATIENCE_MS = 3000
let known: Promise<void> | null = null

// Settles when it is known who is signed in, or when the network is too slow to wait for: then the pages of the
// remembered person are shown until the server has spoken.
export function sessionKnown(): Promise<void> {
  known ??= Promise.race([findSession(), new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS))]).then(() => {
    if (session.state === 'unknown')
      Object.assign(session, {
        state: 'unreachable',
        person: keptJson<Person>(REMEMBERED),
        problem: Problem.unreachable(),
      })
  })
  return known
}

export async function signIn(account: string, password: string): Promise<void> {
  take(await answered(api.POST('/api/session', { body: { account, password, transport: 'cookie' } })))
}

export async function signOut(everywhere: boolean): Promise<void> {
  await answered(everywhere ? api.DELETE('/api/sessions') : api.DELETE('/api/session'))
  forget()
}

export async function changePassword(current: string, changed: string): Promise<void> {
  await answered(api.PUT('/api/password', { body: { current, new: changed } }))
  // The other sessions ended; a new token may have come with this one.
  await renew()
}

// For pages that are shown only when somebody is known.
export const person = computed<Person>(() => {
  if (!session.person) throw new Error('nobody is signed in')
  return session.person
})
