// What went wrong with a call, as the server's problem document says it, or because no readable answer came.
import type { components } from './schema'

type ProblemDocument = components['schemas']['Problem']
export type Fault = NonNullable<ProblemDocument['errors']>[number]

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: no answer came
    readonly code: string,
    readonly detail: string, // in the person's language; empty where the server said nothing
    readonly requestId: string,
    readonly faults: readonly Fault[] = [],
    readonly retryAfterSeconds = 0,
  ) {
    super(`${status} ${code} ${detail}`)
  }

  static unreachable(): Problem {
    return new Problem(0, 'unreachable', '', '')
  }

  get isUnreachable(): boolean {
    return this.status === 0
  }

  // Whether the same request may succeed a little later without anybody changing anything.
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

function isProblemDocument(body: unknown): body is ProblemDocument {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body
}

export function problemIn(response: Response, body: unknown): Problem {
  const requestId = response.headers.get('x-request-id') ?? ''
  const retryAfter = Number(response.headers.get('retry-after') ?? 0)
  const seconds = Number.isFinite(retryAfter) ? retryAfter : 0
  // A reverse proxy answers in its own words.
  if (!isProblemDocument(body)) return new Problem(response.status, 'unreadable', '', requestId, [], seconds)
  return new Problem(response.status, body.code, body.detail, body.request_id, body.errors ?? [], seconds)
}

export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  console.error(thrown)
  return new Problem(-1, 'unexpected', '', '')
}
