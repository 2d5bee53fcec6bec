// Fetches what a page shows, and fetches it again when asked, when the network returns or when the worker has signed in
// again.
import { onBeforeUnmount, ref, type Ref, shallowRef, type ShallowRef, watch } from 'vue'
import { asProblem, type Problem } from '../api/problem'
import { session } from '../identity/session'

export interface Load<T> {
  value: ShallowRef<T | null>
  problem: ShallowRef<Problem | null>
  isLoading: Ref<boolean>
  again: () => Promise<void>
}

export function useLoad<T>(fetched: () => Promise<T>): Load<T> {
  const value = shallowRef<T | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const isLoading = ref(false)
  let newest = 0

  async function again(): Promise<void> {
    const mine = (newest += 1)
    isLoading.value = true
    const outcome = await fetched().then(
      (found) => ({ found, failed: null }),
      (thrown: unknown) => ({ found: null, failed: asProblem(thrown) }),
    )
    if (mine !== newest) return
    isLoading.value = false
    problem.value = outcome.failed
    if (!outcome.failed) value.value = outcome.found
  }

  const afterFailure = () => {
    if (problem.value) void again()
  }
  watch(() => session.renewals, afterFailure)
  window.addEventListener('online', afterFailure)
  onBeforeUnmount(() => window.removeEventListener('online', afterFailure))
  void again()
  return { value, problem, isLoading, again }
}

interface Page {
  next_cursor: string | null
}

// All pages of a list that is known to be short.
export async function everyPage<P extends Page, T>(
  fetchPage: (cursor: string | undefined) => Promise<P>,
  items: (page: P) => T[],
): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const page = await fetchPage(cursor)
    all.push(...items(page))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return all
}
