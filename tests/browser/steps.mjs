// A story told in tests that follow each other: after a step that failed the others are skipped, as they would only say
// so again and again.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export function story(phone) {
  let failed = false
  return function step(name, play) {
    test(name, { timeout: 240_000 }, async (t) => {
      if (failed) return t.skip('an earlier step failed')
      try {
        await play()
        assert.deepEqual(phone().faults, [])
      } catch (error) {
        failed = true
        await phone()
          ?.photograph('failed')
          .catch(() => {})
        throw error
      }
    })
  }
}
