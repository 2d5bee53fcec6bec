// The server's time, drawn on from its last word by a clock that nobody can set. The phone's own date is never asked.

// performance.now() in the browser: milliseconds that only go forward.
export type Ticks = () => number

export class ServerClock {
  #offset: number | null = null // server milliseconds at tick 0
  #uncertainty = Infinity // milliseconds either way

  constructor(private readonly ticks: Ticks = () => performance.now()) {}

  now(): number {
    return this.ticks()
  }

  get isSet(): boolean {
    return this.#offset !== null
  }

  // The server wrote `serverTime` some time between `sentAt` and `receivedAt`. The estimate with the shortest round
  // trip is kept, unless a later word contradicts it: some phones stop their ticks while they sleep.
  heard(serverTime: string, sentAt: number, receivedAt: number): void {
    const written = Date.parse(serverTime)
    if (Number.isNaN(written)) return
    const uncertainty = Math.max(0, receivedAt - sentAt) / 2
    const offset = written - (sentAt + receivedAt) / 2
    const contradicts = this.#offset !== null && Math.abs(this.#offset - offset) > uncertainty + this.#uncertainty
    if (uncertainty > this.#uncertainty && !contradicts) return
    this.#offset = offset
    this.#uncertainty = uncertainty
  }

  // Milliseconds until then, never negative; null while the server has not been heard.
  remaining(until: string): number | null {
    if (this.#offset === null) return null
    return Math.max(0, Date.parse(until) - this.#offset - this.ticks())
  }
}

// "1:05:09", or "05:09" below an hour. Rounded up, so that 0 means over.
export function asCountdown(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
