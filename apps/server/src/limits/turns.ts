/**
 * Milliseconds of long work in one turn of the event loop, of everybody who does some together. A
 * command takes some turns from its arrival to its answer, and waits for one slice in each.
 */
const SLICE_MS = 6

/**
 * Shares the event loop between long work and everything else. In one turn of the loop there is one
 * slice of time, however many want to work: k readers wait for each other, and a command never waits
 * for k slices. The loop is that of the process, so there is one of these.
 */
class LoopTurns {
  readonly #waiting: (() => void)[] = []
  #began = 0
  #isCounting = false

  /** Whether long work has used up the slice of this turn; then `next` has to be awaited. */
  isOver(): boolean {
    const now = performance.now()
    if (this.#isCounting) return now - this.#began >= SLICE_MS
    this.#begin(now)
    return false
  }

  /** Resolves in a turn whose slice belongs to the caller. First come, first served. */
  next(): Promise<void> {
    if (!this.#isCounting) this.#begin(performance.now())
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #begin(now: number): void {
    this.#began = now
    this.#isCounting = true
    setImmediate(this.#turn)
  }

  /** What came in between two of these had its turn. */
  readonly #turn = (): void => {
    const next = this.#waiting.shift()
    this.#isCounting = false
    if (!next) return
    this.#begin(performance.now())
    next()
  }
}

export const loopTurns = new LoopTurns()

/** Waits for the next slice when this one is over. Rejects when `gone` is aborted. */
export async function takeTurn(gone?: AbortSignal): Promise<void> {
  if (loopTurns.isOver()) await loopTurns.next()
  gone?.throwIfAborted()
}

/**
 * Runs work that comes in small steps, of a millisecond at most, without holding the event loop.
 * Rejects when `gone` is aborted: nobody wants the result any more.
 */
export async function inTurns<T>(steps: Iterator<unknown, T>, gone?: AbortSignal): Promise<T> {
  for (;;) {
    if (loopTurns.isOver()) await takeTurn(gone)
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Does something with each of many items, of which each takes a millisecond at most. */
export async function eachInTurns<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  gone?: AbortSignal,
): Promise<void> {
  for (const item of items) {
    work(item)
    if (loopTurns.isOver()) await takeTurn(gone)
  }
}
