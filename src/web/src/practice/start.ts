// Starting a stage. The key of the request is kept until the server has answered, so that a second tap after a lost
// reply finds the run that was already started.
import { ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { answered, api, newIdempotencyKey } from '../api/client'
import { asProblem, type Problem } from '../api/problem'

const keys = new Map<number, string>()

export function useStart() {
  const router = useRouter()
  const startingStage = ref<number | null>(null)
  const problem = shallowRef<Problem | null>(null)

  async function start(stageId: number): Promise<void> {
    if (startingStage.value !== null) return
    startingStage.value = stageId
    problem.value = null
    const key = keys.get(stageId) ?? newIdempotencyKey()
    keys.set(stageId, key)
    try {
      const params = { path: { stage_id: stageId }, header: { 'Idempotency-Key': key } }
      const run = await answered(api.POST('/api/practice/stages/{stage_id}/runs', { params }))
      keys.delete(stageId)
      await router.push(`/practice/runs/${run.run_id}`)
    } catch (thrown) {
      problem.value = asProblem(thrown)
      if (!problem.value.isTemporary) keys.delete(stageId)
    } finally {
      startingStage.value = null
    }
  }

  return { start, startingStage, problem }
}
