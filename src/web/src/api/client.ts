// Calls to the server, typed by the contract. Adds the language and the CSRF token, limits the waiting time, and turns
// whatever goes wrong into a Problem.
import createClient from 'openapi-fetch'
import { Problem, problemIn } from './problem'
import type { components, paths } from './schema'

export type Schema = components['schemas']
export type Answer = Schema['Answer']

const WAIT_MS = 15_000

interface SessionHooks {
  csrfToken: () => string
  renew: () => Promise<void> // asks the server for the session and with it for a new CSRF token
  ended: () => void // the server no longer knows the session
}

let hooks: SessionHooks = { csrfToken: () => '', renew: async () => {}, ended: () => {} }
let acceptLanguage = 'zh-CN'

export function useSessionHooks(those: SessionHooks): void {
  hooks = those
}

export function setAcceptLanguage(tag: string): void {
  acceptLanguage = tag
}

// Signing in needs no session, and asking for the session is how one learns that there is none.
const isAboutSession = (request: Request) =>
  new URL(request.url).pathname === '/api/session' && request.method !== 'DELETE'

async function timed(request: Request): Promise<Response> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), WAIT_MS)
  try {
    return await fetch(request, { signal: stop.signal })
  } catch {
    throw Problem.unreachable()
  } finally {
    clearTimeout(timer)
  }
}

async function isCsrfRefusal(response: Response): Promise<boolean> {
  if (response.status !== 403) return false
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return typeof body === 'object' && body !== null && 'code' in body && body.code === 'csrf'
}

async function sendWithToken(request: Request): Promise<Response> {
  if (hooks.csrfToken() === '') await hooks.renew()
  const again = request.clone()
  request.headers.set('X-CSRF-Token', hooks.csrfToken())
  const response = await timed(request)
  if (!(await isCsrfRefusal(response))) return response
  // Another tab signed in again: the cookie is new, the token in memory is not.
  await hooks.renew()
  again.headers.set('X-CSRF-Token', hooks.csrfToken())
  return timed(again)
}

async function send(request: Request): Promise<Response> {
  request.headers.set('Accept-Language', acceptLanguage)
  if (isAboutSession(request)) return timed(request)
  const response = request.method === 'GET' ? await timed(request) : await sendWithToken(request)
  if (response.status === 401) hooks.ended()
  return response
}

export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? '', fetch: send })

interface Reply<T> {
  data?: T
  error?: unknown
  response: Response
}

// The body of a reply that went well; throws a Problem otherwise.
export async function answered<T>(call: Promise<Reply<T>>): Promise<T> {
  let reply: Reply<T>
  try {
    reply = await call
  } catch (thrown) {
    // A body that breaks off in the middle is as good as none.
    throw thrown instanceof Problem ? thrown : Problem.unreachable()
  }
  if (!reply.response.ok) throw problemIn(reply.response, reply.error)
  return reply.data as T
}

// randomUUID is missing on pages that did not come over TLS, as in a workshop's own network.
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
