/** Calls `work` once, some milliseconds from now, unless the signal is aborted before. */
export type After = (ms: number, work: () => void, signal?: AbortSignal) => void

/** Calls `work` at the next beat. */
export type AtNextBeat = (work: () => void) => void

/**
 * Work that is done at most once a beat. The first time at once; asked for again meanwhile, once
 * more at the next beat, so that what came last is never left lying (rule PRES1).
 */
export class Beat {
  readonly #atNextBeat: AtNextBeat
  readonly #work: () => void
  readonly #onRest: () => void
  #state: 'resting' | 'waiting' | 'asked' = 'resting'

  /** `onRest` is called when a beat has passed in which nothing was asked for. */
  constructor(atNextBeat: AtNextBeat, work: () => void, onRest: () => void) {
    this.#atNextBeat = atNextBeat
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
    this.#atNextBeat(() => this.#beat())
  }

  #beat(): void {
    if (this.#state === 'asked') return this.#run()
    this.#state = 'resting'
    this.#onRest()
  }
}
