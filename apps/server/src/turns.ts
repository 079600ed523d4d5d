/**
 * Milliseconds of long work in one turn of the event loop, of everybody who does some together. A
 * command takes some turns from its arrival to its answer, and waits for one slice in each.
 */
const SLICE_MS = 3

/** A part of a turn of the event loop, counted from the first that asks for it in the turn. */
export class Slice {
  readonly #ms: number
  readonly #onNextTurn: () => void
  #began = 0
  #isCounting = false

  /** `onNextTurn` is called once in the turn after each that was begun. */
  constructor(ms: number, onNextTurn: () => void) {
    this.#ms = ms
    this.#onNextTurn = onNextTurn
  }

  /** Begins the slice of this turn, unless it has begun. */
  begin(): void {
    if (this.#isCounting) return
    this.#began = performance.now()
    this.#isCounting = true
    setImmediate(this.#turn)
  }

  isOver(): boolean {
    if (this.#isCounting) return performance.now() - this.#began >= this.#ms
    this.begin()
    return false
  }

  readonly #turn = (): void => {
    this.#isCounting = false
    this.#onNextTurn()
  }
}

/**
 * Shares the event loop between long work and everything else. In one turn of the loop there is one
 * slice of time, however many want to work: k readers wait for each other, and a command never waits
 * for k slices. The loop is that of the process, so there is one of these.
 */
class LoopTurns {
  readonly #waiting: (() => void)[] = []
  /** What came in between two of these had its turn. */
  readonly #slice = new Slice(SLICE_MS, () => {
    const next = this.#waiting.shift()
    if (!next) return
    this.#slice.begin()
    next()
  })

  /** Whether long work has used up the slice of this turn; then `next` has to be awaited. */
  isOver(): boolean {
    return this.#slice.isOver()
  }

  /** Resolves in a turn whose slice belongs to the caller. First come, first served. */
  next(): Promise<void> {
    this.#slice.begin()
    return new Promise((resolve) => this.#waiting.push(resolve))
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

/** Work that comes in one piece of many milliseconds: one at a time, with rests for everybody else. */
export class SpacedWork {
  readonly #rest: number
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  /** `rest`: for so many times as long as one took, no other one is done. */
  constructor(rest: number) {
    this.#rest = rest
  }

  /** How many pieces wait for their turn. */
  get waiting(): number {
    return this.#waiting
  }

  async run<T>(work: () => T | Promise<T>): Promise<T> {
    let end = (): void => undefined
    const before = this.#last
    this.#last = new Promise((resolve) => {
      end = resolve
    })
    this.#waiting += 1
    await before
    await takeTurn()
    this.#waiting -= 1
    const began = performance.now()
    try {
      return await work()
    } finally {
      setTimeout(end, this.#rest * (performance.now() - began)).unref()
    }
  }
}

/** Work on the same thing, one after the other; work on different things does not wait. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    // What became of the turn before is the business of those who asked for it.
    const mine = before.then(work, work)
    this.#last.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}
