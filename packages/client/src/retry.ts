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
