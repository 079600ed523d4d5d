import type { TalusError } from './errors.js'
import type { Line } from './line.js'

/** The next token is asked for this long before the end, or when half of the time is over. */
const AHEAD_MS = 60_000

/** Nearer to the end there is nothing to win: the connection ends, and the next has another token. */
const LEAST_MS = 500

/** What timers take at most. */
const LONGEST_MS = 2 ** 31 - 1

type Settings = {
  /** Gives the next token, which may be the same one. */
  ask: () => string | Promise<string>
  /** There is no next token, or the server does not take it; it is asked for again. */
  onFailed: (cause: unknown) => void
  /** Handed over, as a part that is loaded on demand would split what it shares. */
  Refusal: typeof TalusError
}

/** Milliseconds until a JSON Web Token expires, by the clock of this machine; undefined: unknown. */
export function leftOf(token: string): number | undefined {
  try {
    const claims = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { exp } = JSON.parse(atob(claims)) as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1_000 - Date.now() : undefined
  } catch {
    // Not a JSON Web Token: the server tells when it has expired.
    return undefined
  }
}

/**
 * Hands the next token over on a connection before the one that it was opened with expires (rule
 * AUTH13), so that nobody notices. When there is none in time the connection ends, and the client
 * connects again.
 */
export class Renewal {
  readonly #settings: Settings
  readonly #line: Line
  /** What the connection counts by now; undefined: that is not known. */
  #token: string | undefined
  #endsAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isAsking = false

  constructor(line: Line, token: string | undefined, settings: Settings) {
    this.#line = line
    this.#token = token
    this.#settings = settings
    line.lost.addEventListener('abort', () => clearTimeout(this.#timer))
    this.holdsFor(token === undefined ? undefined : leftOf(token))
  }

  /** The token of the connection holds for so many milliseconds from now; undefined: unknown. */
  holdsFor(ms: number | undefined): void {
    if (ms === undefined) return
    this.#endsAt = Date.now() + ms
    this.#wait(ms)
  }

  #wait(left: number): void {
    clearTimeout(this.#timer)
    if (this.#line.lost.aborted) return
    const pause = Math.min(Math.max(left - AHEAD_MS, left / 2), LONGEST_MS)
    this.#timer = setTimeout(() => void this.#renew(), pause)
  }

  async #renew(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      await this.#handOver(await this.#settings.ask())
    } catch (cause) {
      if (!this.#line.lost.aborted) this.#settings.onFailed(cause)
    } finally {
      this.#isAsking = false
    }
    const left = this.#endsAt - Date.now()
    if (left > LEAST_MS) this.#wait(left)
  }

  /** Throws a TalusError when the server does not take the token. */
  async #handOver(token: string): Promise<void> {
    // A callback that keeps its tokens may give the same one until it has expired.
    if (token === this.#token) return
    const reply = await this.#line.ask('authenticate', { token })
    if (reply.outcome !== 'answered') return
    if (!reply.answer.ok) throw new this.#settings.Refusal(reply.answer.error)
    this.#token = token
    this.#endsAt = Date.now() + (reply.answer.expires_in_ms ?? LONGEST_MS)
  }
}
