import type { Entry } from '@talus/protocol'
import type { Journal } from '../journal/journal.js'
import { Arrivals } from './arrivals.js'
import { readPage } from './entry-page.js'
import { RecentEntries } from './recent-entries.js'
import { Recollection } from './recollection.js'

/** `seq` is the last durable one, `bodies` the last stored entries up to it. */
type Opening = {
  session_id: string
  journal: Journal
  seq: number
  bodies: readonly string[]
  log: { error: (fields: object, message: string) => void }
}

/** The newest durable entries of a session, and those who wait for newer ones. */
export class SessionTail {
  readonly #recent: RecentEntries
  readonly #recollection: Recollection
  readonly #arrivals = new Arrivals()
  readonly #onUnreadable: (err: unknown) => void
  /** The last durable seq; beyond any when nothing more will come. */
  #seq: number
  #largest = 0

  constructor({ session_id, journal, seq, bodies, log }: Opening) {
    this.#seq = seq
    for (const body of bodies) this.noteEntry(body)
    this.#recent = new RecentEntries(seq, bodies)
    this.#recollection = new Recollection(this.#recent, (after, upTo) =>
      readPage(journal, { session_id, after, upTo }),
    )
    this.#onUnreadable = (err) => log.error({ session_id, err }, 'entries could not be read')
  }

  /** Characters of the largest entry that was met: others like it may be in the history. */
  get largestEntry(): number {
    return this.#largest
  }

  /** Takes note of an entry that was read. */
  noteEntry({ length }: string): void {
    if (length > this.#largest) this.#largest = length
  }

  push(seq: number, body: string): void {
    this.noteEntry(body)
    this.#recent.push(seq, body)
    this.#seq = seq
    this.#arrivals.arrive(seq)
  }

  /** The entries before this seq are no longer kept. */
  forgetBefore(seq: number): void {
    this.#recent.forgetBefore(seq)
  }

  /** Nothing more will come: nobody needs to wait. */
  end(): void {
    this.#seq = Infinity
    this.#arrivals.arrive(Infinity)
  }

  /**
   * The entries after `last_seq`, if they are in memory (rule SYNC1). Undefined: the client needs a
   * snapshot, unless `recollect` came first.
   */
  entriesAfter(last_seq: number): Entry[] | undefined {
    return this.#recent.after(last_seq)
  }

  /** Tries to bring the entries after `last_seq` back into memory (rule SYNC5). Never rejects. */
  async recollect(last_seq: number): Promise<void> {
    try {
      await this.#recollection.reach(last_seq, this.#seq)
    } catch (err) {
      // The snapshot that the client is sent to instead comes from memory.
      this.#onUnreadable(err)
    }
  }

  /** `reached` resolves when the seq is durable, nothing more will come, or the caller cancels. */
  arrival(seq: number): { reached: Promise<void>; cancel: () => void } {
    const arrival = this.#arrivals.wait(seq)
    if (this.#seq >= seq) arrival.cancel()
    return arrival
  }
}
