import { expect, test } from 'vitest'
import { asCountdown, ServerClock } from './clock'

const at = (seconds: number) => new Date(1_770_000_000_000 + seconds * 1000).toISOString()

test('a clock that never heard the server says nothing', () => {
  expect(new ServerClock(() => 5).remaining(at(60))).toBeNull()
})

test('remaining time runs down with the ticks alone', () => {
  let ticks = 1000
  const clock = new ServerClock(() => ticks)
  clock.heard(at(0), 1000, 1000)
  expect(clock.remaining(at(60))).toBe(60_000)
  ticks += 59_500
  expect(clock.remaining(at(60))).toBe(500)
  ticks += 10_000
  expect(clock.remaining(at(60))).toBe(0)
})

test('half of the round trip has passed since the server wrote', () => {
  let ticks = 1200
  const clock = new ServerClock(() => ticks)
  clock.heard(at(0), 1000, 1200)
  expect(clock.remaining(at(60))).toBe(59_900)
})

test('a slow reply does not spoil a better estimate that it agrees with', () => {
  let ticks = 0
  const clock = new ServerClock(() => ticks)
  clock.heard(at(0), 0, 0)
  ticks = 10_000
  clock.heard(at(8), 6000, 10_000)
  expect(clock.remaining(at(60))).toBe(50_000)
})

test('a quicker reply replaces a slow one', () => {
  let ticks = 4000
  const clock = new ServerClock(() => ticks)
  clock.heard(at(3), 0, 4000)
  expect(clock.remaining(at(60))).toBe(55_000)
  ticks = 5000
  clock.heard(at(5), 5000, 5000)
  expect(clock.remaining(at(60))).toBe(55_000)
  clock.heard(at(5.01), 5000, 5000)
  expect(clock.remaining(at(60))).toBe(54_990)
})

test('a phone that slept is corrected by the next word, however slow', () => {
  let ticks = 0
  const clock = new ServerClock(() => ticks)
  clock.heard(at(0), 0, 0)
  ticks = 10_000 // ten seconds awake, but ten minutes have passed
  clock.heard(at(600), 8000, 10_000)
  expect(clock.remaining(at(660))).toBe(59_000)
})

test('a time that cannot be read changes nothing', () => {
  const clock = new ServerClock(() => 0)
  clock.heard('soon', 0, 0)
  expect(clock.isSet).toBe(false)
})

test.each([
  [0, '00:00'],
  [1, '00:01'],
  [999, '00:01'],
  [61_000, '01:01'],
  [3_599_001, '1:00:00'],
  [3_909_000, '1:05:09'],
])('%i ms are drawn as %s', (milliseconds, drawn) => {
  expect(asCountdown(milliseconds)).toBe(drawn)
})
