import { StorageError } from '../src/errors.js'
import { createMemoryJournal, type Journal } from '../src/journal/index.js'

type Gate = { opened: Promise<void>; open: () => void }

function gate(): Gate {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/**
 * A real journal whose appends can be held up, or made to fail, by hand. What arrives while it is
 * held waits; nothing is written before `release`.
 */
export class HeldJournal {
  readonly real: Journal = createMemoryJournal()
  readonly journal: Journal
  #gate: Gate | undefined
  #failing = false
  #arrived: (() => void)[] = []

  constructor() {
    this.journal = { ...this.real, append: (batches) => this.#append(batches) }
  }

  /** Resolves when the next append has arrived; it waits until `release`. */
  hold(): Promise<void> {
    this.#gate ??= gate()
    return new Promise((resolve) => this.#arrived.push(resolve))
  }

  release(): void {
    this.#gate?.open()
    this.#gate = undefined
  }

  /** From now on every append fails, also one that is held. */
  fail(): void {
    this.#failing = true
  }

  repair(): void {
    this.#failing = false
  }

  async #append(batches: Parameters<Journal['append']>[0]) {
    for (const resolve of this.#arrived.splice(0)) resolve()
    await this.#gate?.opened
    if (this.#failing) throw new StorageError('The disk is full')
    return this.real.append(batches)
  }
}
