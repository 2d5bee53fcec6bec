// The keys of the catalogues. Every language has all of them and no other: the compiler sees to it.
import type { zh } from './zh'

export type Zh = typeof zh
export type MessageKey = keyof Zh
export type Catalogue = Record<MessageKey, string>
