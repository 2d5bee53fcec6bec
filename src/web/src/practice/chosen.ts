// The trade and level that this person learns, as last chosen on this phone.
import { shallowRef } from 'vue'
import { keepJson, keptJson } from '../app/device'

export interface ChosenOutline {
  outline_id: number
  trade_id: number
  trade_name: string
  level_name: string
}

const chosen = shallowRef<ChosenOutline | null>(null)
let owner = 0

const nameFor = (personId: number) => `outline.${personId}`

export function chosenOutline(personId: number): ChosenOutline | null {
  if (owner !== personId) {
    owner = personId
    chosen.value = keptJson<ChosenOutline>(nameFor(personId))
  }
  return chosen.value
}

export function chooseOutline(personId: number, outline: ChosenOutline | null): void {
  owner = personId
  chosen.value = outline
  keepJson(nameFor(personId), outline)
}
