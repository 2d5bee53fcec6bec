// The size of all texts, chosen by the worker and remembered by the phone.
import { ref } from 'vue'
import { keepText, keptText } from './device'

export const TEXT_SIZES = ['normal', 'large', 'largest'] as const
export type TextSize = (typeof TEXT_SIZES)[number]

const kept = keptText('text_size')
export const textSize = ref<TextSize>(TEXT_SIZES.find((size) => size === kept) ?? 'normal')

export function applyTextSize(): void {
  document.documentElement.dataset['textSize'] = textSize.value
}

export function chooseTextSize(size: TextSize): void {
  textSize.value = size
  keepText('text_size', size)
  applyTextSize()
}
