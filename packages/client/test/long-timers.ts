import { onTestFinished, vi } from 'vitest'

type Timer = ReturnType<typeof setTimeout>

/** What a test would not wait for. */
const LONG_MS = 600_000

/** Timers of ten minutes or more: they go off when the test says so. */
export class LongTimers {
  readonly #due = new Map<Timer | undefined, () => void>()

  constructor() {
    const { setTimeout: set, clearTimeout: clear } = globalThis
    const setLong = (work: () => void, ms?: number, ...rest: unknown[]) => {
      const timer = set(work, ms, ...rest) as unknown as Timer
      if ((ms ?? 0) >= LONG_MS) this.#due.set(timer, work)
      return timer
    }
    const clearLong = (timer?: Timer) => {
      this.#due.delete(timer)
      clear(timer)
    }
    vi.stubGlobal('setTimeout', setLong)
    vi.stubGlobal('clearTimeout', clearLong)
    onTestFinished(() => void vi.unstubAllGlobals())
  }

  get count(): number {
    return this.#due.size
  }

  fire(): void {
    const due = [...this.#due]
    this.#due.clear()
    for (const [timer, work] of due) {
      clearTimeout(timer)
      work()
    }
  }
}
