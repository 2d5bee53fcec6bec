// One quiet voice for screen readers: what is announced here is read out when the listener has a moment.
import { ref } from 'vue'

export const announcement = ref('')

export function announce(text: string): void {
  // The same words twice in a row would not be read a second time.
  announcement.value = announcement.value === text ? `${text} ` : text
}
