/** What `after` was given: timers of a minute or more, those of the idle sweep, go off when told to. */
export class SlowTimers {
  #due: (() => void)[] = []

  after = (ms: number, work: () => void): void => {
    if (ms >= 60_000) this.#due.push(work)
    else setTimeout(work, ms).unref()
  }

  /** The next sweep is due. */
  fire(): void {
    const due = this.#due
    this.#due = []
    for (const work of due) work()
  }

  /** So many minutes go by, at the default of ten. */
  idle(): void {
    for (let i = 0; i < 4; i += 1) this.fire()
  }
}
