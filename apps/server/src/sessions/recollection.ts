import type { EntryPage } from './entry-page.js'
import type { RecentEntries } from './recent-entries.js'

/** A wider gap is not read again: a snapshot is cheaper then (rule SYNC5). */
const MAX_GAP = 1_000

/** Entries that are read at a time. */
const PAGE = 200

/** Reads the entries after one seq, up to and including another. */
type Read = (after: number, upTo: number) => Promise<EntryPage>

/**
 * Brings entries that have left memory back into it, for clients that have missed some. All who
 * ask at once, such as the clients of a server that was restarted, share one read.
 */
export class Recollection {
  readonly #recent: RecentEntries
  readonly #read: Read
  #reading: Promise<boolean> | undefined

  constructor(recent: RecentEntries, read: Read) {
    this.#recent = recent
    this.#read = read
  }

  /** Tries to have the entries after `last_seq` in memory; `seq` is the last one. */
  async reach(last_seq: number, seq: number): Promise<void> {
    if (seq - last_seq > MAX_GAP) return
    while (last_seq + 1 < this.#recent.firstSeq) {
      this.#reading ??= this.#readPage().finally(() => {
        this.#reading = undefined
      })
      if (!(await this.#reading)) return
    }
  }

  /** The last entries up to a seq: fewer where so many are too large to be read at once. */
  async #lastUpTo(upTo: number): Promise<EntryPage & { after: number }> {
    for (let most = PAGE; ; most = Math.max(1, most >> 2)) {
      const after = Math.max(0, upTo - most)
      const page = await this.#read(after, upTo)
      const { first, bodies } = page
      if (bodies.length === 0 || first + bodies.length > upTo) return { after, ...page }
    }
  }

  /** Reads the page before the first entry. False: there is no point in going on. */
  async #readPage(): Promise<boolean> {
    const upTo = this.#recent.firstSeq - 1
    const { after, first, bodies } = await this.#lastUpTo(upTo)
    // Commits have filled memory meanwhile and pushed out what the page would join.
    if (this.#recent.firstSeq !== upTo + 1) return false
    this.#recent.prepend(bodies)
    return first === after + 1 && this.#recent.firstSeq === first
  }
}
