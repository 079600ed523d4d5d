/** Calls `work` once, some milliseconds from now, unless the signal is aborted before. */
export type After = (ms: number, work: () => void, signal?: AbortSignal) => void

/** Calls `work` at the next beat. */
export type AtNextBeat = (work: () => void) => void

type Beating = {
  work: () => void
  /** Whether the last beat has left something to do. */
  hasMore: () => boolean
  /** Called when a beat has passed in which nothing was asked for. */
  onRest: () => void
}

/**
 * Work that is done at most once a beat. The first time at once; asked for again meanwhile, once
 * more at the next beat, so that what came last is never left lying (rule PRES1).
 */
export class Beat {
  readonly #atNextBeat: AtNextBeat
  readonly #beating: Beating
  #state: 'resting' | 'waiting' | 'asked' = 'resting'

  constructor(atNextBeat: AtNextBeat, beating: Beating) {
    this.#atNextBeat = atNextBeat
    this.#beating = beating
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
    this.#beating.work()
    this.#atNextBeat(() => this.#beat())
  }

  #beat(): void {
    if (this.#state === 'asked' || this.#beating.hasMore()) return this.#run()
    this.#state = 'resting'
    this.#beating.onRest()
  }
}
