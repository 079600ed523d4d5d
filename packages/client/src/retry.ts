import type { TalusError } from './errors.js'

/** Bounds of the pauses between attempts, in milliseconds. */
export type Delays = {
  /** The pause before the second attempt. */
  minDelayMs: number
  /** The longest pause. */
  maxDelayMs: number
}

/** The pauses between attempts at a command or a join that the server refused for now. */
export const REFUSAL_DELAYS: Delays = { minDelayMs: 200, maxDelayMs: 5_000 }

/**
 * How long to wait before repetition `attempt`, counted from 1: doubling up to the longest pause,
 * and spread over half of it, so that many clients do not come back in the same moment. After a
 * refusal, at least as long as the server wants it.
 */
export function backoff(
  attempt: number,
  { minDelayMs, maxDelayMs }: Delays,
  refusal?: TalusError,
): number {
  const longest = Math.min(maxDelayMs, minDelayMs * 2 ** (attempt - 1))
  return Math.max(refusal?.retryAfterMs ?? 0, longest * (0.5 + Math.random() / 2))
}

/** Waits; less long when the signal aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
/** How long a join waits for what it can do without, in milliseconds. */
const PATIENCE_MS = 2_000

/** What the work leads to; undefined when a join should not wait for it any longer. */
export async function soon<Result>(work: Promise<Result>): Promise<Result | void> {
  const done = new AbortController()
  const result = await Promise.race([work, pause(PATIENCE_MS, done.signal)])
  done.abort()
  return result
}

/** Parts of a limit: so many timers have to run, one after the other. */
const TICKS = 4

/**
 * Runs out after so many milliseconds without progress, at most a quarter later. Time in which
 * nothing ran here does not count: a page that was frozen for an hour has not waited for an hour.
 */
export class Limit {
  #left = TICKS
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ms: number, onOut: () => void) {
    const tick = () => {
      if (this.#left === 0) return onOut()
      this.#left -= 1
      this.#timer = setTimeout(tick, ms / TICKS)
    }
    tick()
  }

  progress(): void {
    this.#left = TICKS
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/** The slowest line that is waited for, in bytes a second, where nothing tells of progress. */
const SLOWEST = 8_000

/** Milliseconds that so many bytes may take on the way. */
export const travelMs = (bytes: number): number => (bytes / SLOWEST) * 1_000
