/** A group waits this many milliseconds at most for those who were answered just now. */
const LIMIT_MS = 3

/**
 * Waits for a group to fill up. Those whose commands have just been answered tend to send the next
 * one at once: without a wait they would split into two groups for ever, each paying for a write to
 * disk and a fan-out of its own. Somebody who works alone is never kept waiting.
 */
export class Gathering {
  #missing = 0
  #wake: (() => void) | undefined

  /** Resolves when so many more commands have come, or after a moment. */
  async forMore(count: number): Promise<void> {
    if (count === 0) return
    this.#missing = count
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LIMIT_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** A command has come. */
  arrived(): void {
    this.#missing -= 1
    if (this.#missing <= 0) this.#wake?.()
  }
}
