import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { en } from './en'
import { zh } from './zh'

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()

test('both languages have the same keys', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
})

test('every text is there, with the same placeholders in both languages', () => {
  const keys = Object.keys(zh) as (keyof typeof zh)[]
  const differs = (key: keyof typeof zh) => String(placeholders(en[key])) !== String(placeholders(zh[key]))
  expect(keys.filter((key) => en[key].length === 0 || zh[key].length === 0 || differs(key))).toEqual([])
})

test('no text of the page stands outside the catalogues', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (f) => /\.(vue|ts)$/.test(f) && !/^messages|schema\.d\.ts$/.test(f),
  )
  expect(files.length).toBeGreaterThan(40)
  expect(files.filter((file) => /\p{Script=Han}/u.test(readFileSync(join('src', file), 'utf8')))).toEqual([])
})
