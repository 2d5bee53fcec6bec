// The language of the page. Texts are in src/messages, one flat catalogue a language; the Chinese one is loaded first
// and defines the keys.
import { ref, shallowRef } from 'vue'
import { setAcceptLanguage } from '../api/client'
import type { Catalogue, MessageKey, Zh } from '../messages/keys'
import { keptText, keepText } from './device'

export type Language = 'zh' | 'en'
export const LANGUAGES: readonly Language[] = ['zh', 'en']

const TAGS: Record<Language, string> = { zh: 'zh-CN', en: 'en' }
const loaders: Record<Language, () => Promise<Catalogue>> = {
  zh: async () => (await import('../messages/zh')).zh,
  en: async () => (await import('../messages/en')).en,
}

const catalogue = shallowRef<Catalogue | null>(null)
export const language = ref<Language>('zh')

export function preferredLanguage(): Language {
  const kept = keptText('language')
  if (kept === 'zh' || kept === 'en') return kept
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

export async function speak(chosen: Language): Promise<void> {
  catalogue.value = await loaders[chosen]()
  language.value = chosen
  document.documentElement.lang = TAGS[chosen]
  setAcceptLanguage(TAGS[chosen])
}

export async function chooseLanguage(chosen: Language): Promise<void> {
  await speak(chosen)
  keepText('language', chosen)
}

// The names between braces in a text, so that a caller can't forget one.
type Names<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Values<K extends MessageKey> = [Names<Zh[K]>] extends [never] ? [] : [Record<Names<Zh[K]>, string | number>]

export function t<K extends MessageKey>(key: K, ...values: Values<K>): string {
  let text: string = catalogue.value?.[key] ?? ''
  for (const [name, value] of Object.entries(values[0] ?? {})) text = text.replaceAll(`{${name}}`, String(value))
  return text
}

export function asTime(time: string): string {
  return new Intl.DateTimeFormat(TAGS[language.value], {
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(time))
}

// Exact: hundredths never become a floating-point number.
export function asPoints(hundredths: number): string {
  const whole = Math.trunc(hundredths / 100)
  const rest = Math.abs(hundredths % 100)
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(2, '0').replace(/0$/, '')}`
}

export function asDuration(seconds: number): string {
  return seconds < 60 ? t('duration.seconds', { n: seconds }) : t('duration.minutes', { n: Math.round(seconds / 60) })
}
