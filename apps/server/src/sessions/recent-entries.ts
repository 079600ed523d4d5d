import type { Entry } from '@talus/protocol'

const MAX_ENTRIES = 2_000
/** Below the message limit, so that what is kept always fits into one answer. */
const MAX_BYTES = 900_000

/** The last durable entries of a session, so that a client with a small gap needs no storage. */
export class RecentEntries {
  #entries: { entry: Entry; bytes: number }[] = []
  #bytes = 0

  push(entry: Entry, bytes: number): void {
    this.#entries.push({ entry, bytes })
    this.#bytes += bytes
    while (this.#entries.length > MAX_ENTRIES || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#entries.shift()?.bytes ?? 0
    }
  }

  /** The entries after `last_seq`, up to `seq`; undefined when some are no longer here. */
  after(last_seq: number, seq: number): Entry[] | undefined {
    if (last_seq === seq) return []
    const first = this.#entries[0]
    if (last_seq > seq || !first || first.entry.seq > last_seq + 1) return undefined
    return this.#entries.slice(last_seq + 1 - first.entry.seq).map(({ entry }) => entry)
  }
}
