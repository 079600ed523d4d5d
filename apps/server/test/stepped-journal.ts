import { createMemoryJournal, type Journal } from '../src/journal/index.js'

/** A call that is held: which method, and how it goes on. */
export type HeldCall = { method: keyof Journal; release: () => void }

/**
 * A real journal of which one call can be held, whichever method it is of: the one after `count`
 * others. What is held has not begun; everything else goes on beside it.
 */
export class SteppedJournal {
  readonly journal: Journal
  readonly calls: (keyof Journal)[] = []
  #left = Infinity
  #arrived: (call: HeldCall) => void = () => undefined

  constructor(real: Journal = createMemoryJournal()) {
    const methods = Object.entries(real) as [keyof Journal, (...args: unknown[]) => unknown][]
    const stepped = methods.map(([method, call]) => [
      method,
      async (...args: unknown[]) => {
        await this.#step(method)
        return call(...args)
      },
    ])
    this.journal = Object.fromEntries(stepped) as Journal
  }

  /** Holds the call after the next `count` ones; resolves when it has come. */
  holdAfter(count: number): Promise<HeldCall> {
    this.#left = count
    return new Promise((resolve) => {
      this.#arrived = resolve
    })
  }

  /** Holds nothing that is still to come. */
  let(): void {
    this.#left = Infinity
  }

  async #step(method: keyof Journal): Promise<void> {
    this.calls.push(method)
    this.#left -= 1
    if (this.#left >= 0) return
    this.#left = Infinity
    await new Promise<void>((release) => this.#arrived({ method, release }))
  }
}
