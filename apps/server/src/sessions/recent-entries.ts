import type { Entry } from '@talus/protocol'

const MAX_ENTRIES = 2_000
/** Below the message limit, so that what is kept always fits into one answer. */
const MAX_BYTES = 900_000

/** How many, from the newest back, are few and small enough beside what there is. */
function fitting(sizes: readonly number[], beside: { count: number; bytes: number }): number {
  const most = Math.min(sizes.length, MAX_ENTRIES - beside.count)
  let { bytes } = beside
  for (let count = 0; count < most; count++) {
    bytes += sizes[sizes.length - 1 - count] ?? 0
    if (bytes > MAX_BYTES) return count
  }
  return most
}

/**
 * The last durable entries of a session, without a gap, so that a client that has missed a few
 * needs no storage (rule SYNC1). Thousands are kept, of thousands of sessions: an entry is as it was
 * stored until somebody asks for it, one string and not its objects.
 */
export class RecentEntries {
  /** The kept ones begin at `#start`; what is before it is dropped now and then, all at once. */
  #entries: (string | Entry | undefined)[] = []
  /** Bytes of each. */
  #sizes: number[] = []
  #start = 0
  #bytes = 0
  #seq: number

  /** `bodies`: the last stored entries up to `seq`, of which as many are kept as fit. */
  constructor(seq: number, bodies: readonly string[]) {
    this.#seq = seq
    this.prepend(bodies)
  }

  /** The seq of the first entry that is kept; without any, of the next one. */
  get firstSeq(): number {
    return this.#seq - this.#length + 1
  }

  /** Takes in the next entry, as it is stored. */
  push(seq: number, body: string): void {
    const bytes = Buffer.byteLength(body)
    this.#entries.push(body)
    this.#sizes.push(bytes)
    this.#seq = seq
    this.#bytes += bytes
    while (this.#length > MAX_ENTRIES || this.#bytes > MAX_BYTES) this.#dropFirst()
  }

  /** Drops the entries before this seq. */
  forgetBefore(seq: number): void {
    while (this.#length > 0 && this.firstSeq < seq) this.#dropFirst()
  }

  /** Takes back the entries right before the first; of more than fit, the last. */
  prepend(bodies: readonly string[]): void {
    const sizes = bodies.map((body) => Buffer.byteLength(body))
    const from = sizes.length - fitting(sizes, { count: this.#length, bytes: this.#bytes })
    this.#entries = [...bodies.slice(from), ...this.#entries.slice(this.#start)]
    this.#sizes = [...sizes.slice(from), ...this.#sizes.slice(this.#start)]
    this.#start = 0
    for (const bytes of sizes.slice(from)) this.#bytes += bytes
  }

  /** The entries after `last_seq`; undefined when some are no longer here, or it is ahead. */
  after(last_seq: number): Entry[] | undefined {
    if (last_seq > this.#seq || last_seq + 1 < this.firstSeq) return undefined
    const entries: Entry[] = []
    const from = this.#start + last_seq + 1 - this.firstSeq
    for (let i = from; i < this.#entries.length; i++) {
      const kept = this.#entries[i]
      if (kept === undefined) continue
      const entry = typeof kept === 'string' ? (JSON.parse(kept) as Entry) : kept
      this.#entries[i] = entry
      entries.push(entry)
    }
    return entries
  }

  get #length(): number {
    return this.#entries.length - this.#start
  }

  #dropFirst(): void {
    this.#bytes -= this.#sizes[this.#start] ?? 0
    this.#entries[this.#start] = undefined
    this.#start += 1
    // Moving the rest costs as much as what was dropped since: nothing, for each of them.
    if (this.#start * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#start)
    this.#sizes = this.#sizes.slice(this.#start)
    this.#start = 0
  }
}
