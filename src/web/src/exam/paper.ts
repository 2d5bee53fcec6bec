// What can be counted on a paper.
import type { Attempt, OpenAttempt } from './attempts'
import type { SaveState } from './outbox'

export interface Place {
  position: number
  isAnswered: boolean
  isMarked: boolean
  save: SaveState
}

export function placesOf(attempt: OpenAttempt, paper: Attempt): Place[] {
  void attempt.changes // what the outbox holds changes without Vue's knowledge
  return paper.questions.map(({ position }) => ({
    position,
    isAnswered: attempt.outbox.answerOf(position) !== null,
    isMarked: attempt.marked.has(position),
    save: attempt.outbox.saveStateOf(position),
  }))
}

export function answeredCount(attempt: OpenAttempt, paper: Attempt): number {
  return placesOf(attempt, paper).filter((place) => place.isAnswered).length
}

export function isUnsaved({ save }: Place): boolean {
  return save === 'unsaved' || save === 'refused'
}
