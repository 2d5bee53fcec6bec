// Small things this phone remembers. A browser that keeps nothing only forgets them.

const PREFIX = 'guildhall.'

export function keptText(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return null
  }
}

export function keepText(name: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(PREFIX + name)
    else localStorage.setItem(PREFIX + name, text)
  } catch {
    // Private mode: remembered until the page is closed, by those who use it.
  }
}

export function keptJson<T>(name: string): T | null {
  const text = keptText(name)
  if (text === null) return null
  try {
    return JSON.parse(text) as T
  } catch {
    return null
  }
}

export function keepJson(name: string, value: unknown): void {
  keepText(name, value === null ? null : JSON.stringify(value))
}
