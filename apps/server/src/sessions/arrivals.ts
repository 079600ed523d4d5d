type Waiting = { seq: number; resolve: () => void }

/** Readers who wait until a session has come to a seq (rule READ1). */
export class Arrivals {
  readonly #waiting = new Set<Waiting>()

  /** `reached` resolves when the seq is there, or when nobody waits any more. */
  wait(seq: number): { reached: Promise<void>; cancel: () => void } {
    let cancel = (): void => undefined
    const reached = new Promise<void>((resolve) => {
      const waiting = { seq, resolve }
      this.#waiting.add(waiting)
      cancel = () => this.#end(waiting)
    })
    return { reached, cancel }
  }

  arrive(seq: number): void {
    for (const waiting of this.#waiting) if (waiting.seq <= seq) this.#end(waiting)
  }

  #end(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    waiting.resolve()
  }
}
