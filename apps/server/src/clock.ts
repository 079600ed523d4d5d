/** Calls `work` once, some milliseconds from now, unless the signal is aborted before. */
export type After = (ms: number, work: () => void, signal?: AbortSignal) => void

/** After so many milliseconds without an answer there is none. */
const PATIENCE_MS = 2_000

/**
 * Asks a part of the server, and does not wait for it for ever: undefined when it fails, or is
 * silent. While a question is open no other is asked: a part that hangs must not find a queue of
 * them when it wakes.
 */
export function boundedQuestion<T>(
  ask: () => Promise<T>,
  after: After,
): () => Promise<T | undefined> {
  let open: Promise<T | undefined> | undefined
  const asked = (): Promise<T | undefined> => {
    // No answer is told as such: whoever asks shows that the part is not known.
    const answer = ask().catch(() => undefined)
    void answer.then(() => {
      open = undefined
    })
    return answer
  }
  return async () => {
    open ??= asked()
    const answered = new AbortController()
    const silence = new Promise<undefined>((resolve) => {
      after(PATIENCE_MS, () => resolve(undefined), answered.signal)
    })
    const answer = await Promise.race([open, silence])
    answered.abort()
    return answer
  }
}

/** A timer that does not keep the process. */
export const afterTimeout: After = (ms, work, signal) => {
  const timer = setTimeout(work, ms).unref()
  signal?.addEventListener('abort', () => clearTimeout(timer), { once: true })
}
