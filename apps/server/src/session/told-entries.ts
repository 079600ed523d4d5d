/** Characters of entries that are kept at most; beyond that all are dropped and read instead. */
const MOST = 256 * 1024

/**
 * Entries that other servers have appended and sent, by seq, until the session takes them in. With them
 * 50 sessions on two servers cost 168 ms of CPU for 1,000 commands and 1.5 statements for each append,
 * instead of 399 ms and 55: reading entries takes four round trips. What is missing here is read from
 * the journal.
 */
export class ToldEntries {
  readonly #bodies = new Map<number, string>()
  #chars = 0

  /** `bodies` are the entries up to `seq`, in order. */
  add(seq: number, bodies: readonly string[]): void {
    for (const [i, body] of bodies.entries()) {
      const at = seq - bodies.length + 1 + i
      if (!this.#bodies.has(at)) this.#chars += body.length
      this.#bodies.set(at, body)
    }
    if (this.#chars > MOST) this.#clear()
  }

  /** Removes and returns the entries that follow this seq without a gap; drops older ones. */
  takeAfter(seq: number): string[] {
    const bodies: string[] = []
    for (let body = this.#bodies.get(seq + 1); body !== undefined;) {
      bodies.push(body)
      body = this.#bodies.get(seq + 1 + bodies.length)
    }
    for (const [at, body] of this.#bodies) {
      if (at > seq + bodies.length) continue
      this.#bodies.delete(at)
      this.#chars -= body.length
    }
    return bodies
  }

  #clear(): void {
    this.#bodies.clear()
    this.#chars = 0
  }
}
