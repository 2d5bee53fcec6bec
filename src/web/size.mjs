// Adds up what a phone loads before it can show a page for the first time, compressed, and refuses more than 150 KB.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const LIMIT = 150_000
const FIRST_PAGES = ['src/identity/SignInPage.vue', 'src/practice/StageMapPage.vue']
const LANGUAGES = ['src/messages/zh.ts', 'src/messages/en.ts']

const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'))

function files(key, found = new Set()) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`${key} is not in the build; is its name still right in size.mjs?`)
  if (found.has(chunk.file)) return found
  found.add(chunk.file)
  for (const style of chunk.css ?? []) found.add(style)
  for (const next of chunk.imports ?? []) files(next, found)
  return found
}

const compressed = (file) => gzipSync(readFileSync(join('dist', file)), { level: 9 }).length
let too_large = false
for (const page of FIRST_PAGES)
  for (const language of LANGUAGES) {
    const needed = files('index.html', new Set(['index.html']))
    files(language, files(page, needed))
    const bytes = [...needed].reduce((sum, file) => sum + compressed(file), 0)
    too_large ||= bytes > LIMIT
    console.log(
      `first load of ${page} in ${language}: ${(bytes / 1000).toFixed(1)} KB compressed, ${needed.size} files`,
    )
  }
console.log(`limit: ${LIMIT / 1000} KB`)
if (too_large) {
  console.error('The first load is too large.')
  process.exit(1)
}
