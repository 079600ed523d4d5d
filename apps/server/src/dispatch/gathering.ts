/** A group waits this many milliseconds at most for those who were answered just now. */
const LIMIT_MS = 3

/**
 * Waits for a group to fill up. Those whose commands have just been answered tend to send the next
 * one at once: without a wait they would split into two groups for ever, each paying for a write to
 * disk and a fan-out of its own. Somebody who works alone is never kept waiting.
 */
export class Gathering {
  #expected = 0
  #wake: (() => void) | undefined

  /** Resolves when `expected` commands are there, or after a moment. */
  async until(expected: number, present: number): Promise<void> {
    if (present >= expected) return
    this.#expected = expected
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LIMIT_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** So many commands are there now. */
  arrived(present: number): void {
    if (present >= this.#expected) this.#wake?.()
  }
}
