// Draws the countdown of an attempt: null while the server has not been heard since the page was loaded.
import { onBeforeUnmount, onMounted, ref, type Ref, watch } from 'vue'
import { announce } from '../app/announcer'
import { t } from '../app/language'
import type { OpenAttempt } from './attempts'

const TICK_MS = 250
const ANNOUNCED_MINUTES = [30, 10, 5, 1]

export function useCountdown(attempt: OpenAttempt): Ref<number | null> {
  const remaining = ref<number | null>(null)
  let timer = 0

  function tick(): void {
    const before = remaining.value
    const now = attempt.paper ? attempt.clock.remaining(attempt.paper.deadline_at) : null
    remaining.value = now
    if (before === null || now === null) return
    const passed = ANNOUNCED_MINUTES.find((minutes) => before > minutes * 60_000 && now <= minutes * 60_000)
    if (passed !== undefined) announce(t('paper.minutesLeft', { n: passed }))
  }

  watch(() => attempt.paper, tick, { immediate: true, flush: 'sync' })
  onMounted(() => {
    timer = window.setInterval(tick, TICK_MS)
  })
  onBeforeUnmount(() => window.clearInterval(timer))
  return remaining
}
