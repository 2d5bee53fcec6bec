// Starts the client: the language first, then the page.
import { createApp } from 'vue'
import App from './App.vue'
import { preferredLanguage, speak } from './language'
import { router } from './router'
import './vant.css'
import './style.css'
import { applyTextSize } from './textSize'

// Vant draws its tabs and cells as elements with a role; a keyboard expects Enter and the space bar to work on them.
document.addEventListener('keydown', (event) => {
  const target = event.target as HTMLElement
  if ((event.key !== 'Enter' && event.key !== ' ') || !target.matches('div[role="button"], div[role="tab"]')) return
  event.preventDefault()
  target.click()
})

// A page of an older version may ask for parts that are gone since: fetch the new one.
window.addEventListener('vite:preloadError', (event) => {
  if (navigator.onLine && sessionStorage.getItem('reloaded') === null) {
    event.preventDefault()
    sessionStorage.setItem('reloaded', 'once')
    location.reload()
  }
})

applyTextSize()
void speak(preferredLanguage()).then(() => createApp(App).use(router).mount('#app'))
