import { StorageError } from '../src/errors.js'
import type { Journal } from '../src/journal/index.js'

type Waiting = { opened: Promise<void>; open: () => void }

/** A real journal that counts its calls, and whose reads of entries can be held up or made to fail. */
export class WatchedJournal {
  readonly journal: Journal
  #calls: string[] = []
  #failing = false
  #gate: Waiting | undefined
  #arrived: (() => void) | undefined

  constructor(real: Journal) {
    const watched = { ...real, entriesAfter: this.#entriesAfter(real) } as Journal
    this.journal = new Proxy(watched, {
      get: (target, name, receiver) => {
        if (name in target) this.#calls.push(String(name))
        return Reflect.get(target, name, receiver) as unknown
      },
    })
  }

  /** Names of the methods that were called since the last time this was asked. */
  calls(): string[] {
    return this.#calls.splice(0)
  }

  failReads(): void {
    this.#failing = true
  }

  /** Resolves when the next read of entries has arrived; it waits until `release`. */
  holdReads(): Promise<void> {
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    this.#gate = { opened, open }
    return new Promise((resolve) => {
      this.#arrived = resolve
    })
  }

  release(): void {
    this.#gate?.open()
    this.#gate = undefined
  }

  #entriesAfter(real: Journal): Journal['entriesAfter'] {
    return async (...args) => {
      if (this.#failing) throw new StorageError('The disk cannot be read')
      this.#arrived?.()
      const read = await real.entriesAfter(...args)
      await this.#gate?.opened
      return read
    }
  }
}
