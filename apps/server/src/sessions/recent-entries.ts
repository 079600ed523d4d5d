import type { Entry } from '@talus/protocol'

const MAX_ENTRIES = 2_000
/** Below the message limit, so that what is kept always fits into one answer. */
const MAX_BYTES = 900_000

/** As it was stored until somebody asks for it: one string is less to keep than its objects. */
type Kept = { entry: string | Entry; bytes: number }

function parsed(kept: Kept): Entry {
  if (typeof kept.entry === 'string') kept.entry = JSON.parse(kept.entry) as Entry
  return kept.entry
}

/** Bodies from the newest back, as long as they are few and small enough beside what there is. */
function fitting(bodies: readonly string[], beside: { count: number; bytes: number }): Kept[] {
  const kept: Kept[] = []
  let { count, bytes } = beside
  for (const body of bodies.toReversed()) {
    const size = Buffer.byteLength(body)
    count += 1
    bytes += size
    if (count > MAX_ENTRIES || bytes > MAX_BYTES) break
    kept.push({ entry: body, bytes: size })
  }
  return kept.reverse()
}

/**
 * The last durable entries of a session, without a gap, so that a client that has missed a few
 * needs no storage (rule SYNC1).
 */
export class RecentEntries {
  /** The kept ones begin at `#start`; what is before it is dropped now and then, all at once. */
  #entries: (Kept | undefined)[] = []
  #start = 0
  #bytes = 0
  #seq: number

  /** `bodies`: the last stored entries up to `seq`, of which as many are kept as fit. */
  constructor(seq: number, bodies: readonly string[]) {
    this.#seq = seq
    this.#entries = fitting(bodies, { count: 0, bytes: 0 })
    for (const kept of this.#entries) this.#bytes += kept?.bytes ?? 0
  }

  /** The seq of the first entry that is kept; without any, of the next one. */
  get firstSeq(): number {
    return this.#seq - this.#length + 1
  }

  /** Takes in the next entry, as it is stored. */
  push(seq: number, body: string): void {
    const bytes = Buffer.byteLength(body)
    this.#entries.push({ entry: body, bytes })
    this.#seq = seq
    this.#bytes += bytes
    while (this.#length > MAX_ENTRIES || this.#bytes > MAX_BYTES) this.#dropFirst()
  }

  /** Takes back the entries right before the first; of more than fit, the last. */
  prepend(bodies: readonly string[]): void {
    const older = fitting(bodies, { count: this.#length, bytes: this.#bytes })
    for (const { bytes } of older) this.#bytes += bytes
    this.#entries = [...older, ...this.#entries.slice(this.#start)]
    this.#start = 0
  }

  /** The entries after `last_seq`; undefined when some are no longer here, or it is ahead. */
  after(last_seq: number): Entry[] | undefined {
    if (last_seq > this.#seq || last_seq + 1 < this.firstSeq) return undefined
    const from = this.#start + last_seq + 1 - this.firstSeq
    return this.#entries.slice(from).flatMap((kept) => (kept ? parsed(kept) : []))
  }

  get #length(): number {
    return this.#entries.length - this.#start
  }

  #dropFirst(): void {
    this.#bytes -= this.#entries[this.#start]?.bytes ?? 0
    this.#entries[this.#start] = undefined
    this.#start += 1
    // Moving the rest costs as much as what was dropped since: nothing, for each of them.
    if (this.#start * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#start)
    this.#start = 0
  }
}
