/** Calls `work` once, some milliseconds from now, unless the signal is aborted before. */
export type After = (ms: number, work: () => void, signal?: AbortSignal) => void

/** Milliseconds from one beat to the next: 20 a second (rule PRES1). */
export const BEAT_MS = 50

/**
 * Work that is done at most once in `BEAT_MS`. The first time at once; asked for again meanwhile,
 * once more at the next beat, so that what came last is never left lying.
 */
export class Beat {
  readonly #after: After
  readonly #work: () => void
  readonly #onRest: () => void
  #state: 'resting' | 'waiting' | 'asked' = 'resting'

  /** `onRest` is called when a beat has passed in which nothing was asked for. */
  constructor(after: After, work: () => void, onRest: () => void) {
    this.#after = after
    this.#work = work
    this.#onRest = onRest
  }

  get isResting(): boolean {
    return this.#state === 'resting'
  }

  ask(): void {
    if (this.#state === 'resting') this.#run()
    else this.#state = 'asked'
  }

  #run(): void {
    this.#state = 'waiting'
    this.#work()
    this.#after(BEAT_MS, () => this.#beat())
  }

  #beat(): void {
    if (this.#state === 'asked') return this.#run()
    this.#state = 'resting'
    this.#onRest()
  }
}
