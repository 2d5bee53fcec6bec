// What questions look like in practice, in an exam and in a result.
import type { Answer, Schema } from '../api/client'
import { t } from '../app/language'

export type QuestionType = Schema['QuestionType']

export interface ShownQuestion {
  type: QuestionType
  stem: string
  options: Schema['Option'][]
  media: string[]
}

export interface Choice {
  value: string | boolean
  letter: string
  text: string
}

export function typeName(type: QuestionType): string {
  return t(`question.${type}`)
}

export function choicesOf(question: ShownQuestion): Choice[] {
  if (question.type === 'true_false')
    return [
      { value: true, letter: '√', text: t('question.true') },
      { value: false, letter: '×', text: t('question.false') },
    ]
  return question.options.map(({ letter, text }) => ({ value: letter, letter, text }))
}

export function contains(answer: Answer, value: string | boolean): boolean {
  return Array.isArray(answer) ? typeof value === 'string' && answer.includes(value) : answer === value
}

// The answer after a tap on a choice. No letter left is no answer.
export function withChoice(question: ShownQuestion, answer: Answer, value: string | boolean): Answer {
  if (question.type !== 'multiple_choice' || typeof value !== 'string') return value
  const letters = Array.isArray(answer) ? answer : []
  const changed = letters.includes(value) ? letters.filter((letter) => letter !== value) : [...letters, value].sort()
  return changed.length > 0 ? changed : null
}

export function asText(answer: Answer): string {
  if (answer === null) return t('question.noAnswer')
  if (typeof answer === 'boolean') return t(answer ? 'question.true' : 'question.false')
  return Array.isArray(answer) ? answer.join(' ') : answer
}
