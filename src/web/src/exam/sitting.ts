// A sitting as its candidate sees it.
import type { Schema } from '../api/client'

export type MySitting = Schema['MySittingPage']['sittings'][number]
