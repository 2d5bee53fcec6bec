// Questions of the practice pool, fetched once. The browser keeps them by their ETag as well.
import { answered, api, type Schema } from '../api/client'

const fetched = new Map<number, Promise<Schema['Question']>>()

export function practiceQuestion(questionId: number): Promise<Schema['Question']> {
  const known = fetched.get(questionId)
  if (known) return known
  const fetching = answered(
    api.GET('/api/practice/questions/{question_id}', { params: { path: { question_id: questionId } } }),
  )
  fetched.set(questionId, fetching)
  fetching.catch(() => fetched.delete(questionId))
  return fetching
}
