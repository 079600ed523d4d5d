import type { RoleView, Steps } from '@talus/graph'
import type { Entry } from '@talus/protocol'
import { type EntryText, wholeText } from '../journal/entry-text.js'
import type { Journal } from '../journal/journal.js'
import { inTurns } from '../turns.js'
import { SharedEntries } from './shared-entries.js'

/** `seq` is the last durable one, `bodies` the last stored entries up to it. */
type Opening = {
  session_id: string
  journal: Journal
  seq: number
  bodies: readonly EntryText[]
  log: { error: (fields: object, message: string) => void }
}

/** The newest durable entries of a session, and those who wait for newer ones. */
export class SessionTail {
  readonly #recent: RecentEntries
  readonly #recollection: Recollection
  readonly #arrivals = new SeqWaiters()
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
  noteEntry({ length }: EntryText): void {
    if (length > this.#largest) this.#largest = length
  }

  push(seq: number, body: EntryText): void {
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
   * The entries after `last_seq` as a role sees them, if they are in memory (rule SYNC1): a JSON list
   * without its opening bracket. Undefined: the client needs a snapshot, unless `recollect` came first.
   */
  entriesAfter(last_seq: number, view: RoleView | null): Buffer | undefined {
    return this.#recent.after(last_seq, view)
  }

  /** Bytes of those, without parsing them. */
  bytesAfter(last_seq: number): number | undefined {
    return this.#recent.bytesAfter(last_seq)
  }

  /** Makes that ahead, in turns: for a role that does not see everything, entries are parsed. */
  prepare(last_seq: number, view: RoleView | null): Promise<void> {
    return inTurns(this.#recent.prepare(last_seq, view))
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

type AwaitedSeq = { seq: number; resolve: () => void }

/** Readers who wait until a session has come to a seq (rule READ1). */
export class SeqWaiters {
  readonly #waiting = new Set<AwaitedSeq>()

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

  #end(waiting: AwaitedSeq): void {
    this.#waiting.delete(waiting)
    waiting.resolve()
  }
}

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

/** What is kept of an entry; undefined: it is too long, and drops all before it. */
function keptText(body: EntryText): string | undefined {
  return body.length > MAX_BYTES ? undefined : wholeText(body)
}

function bytesOf(text: string | undefined): number {
  return text === undefined ? MAX_BYTES + 1 : Buffer.byteLength(text)
}

/**
 * The last durable entries of a session, without a gap, so that a client that has missed a few
 * needs no storage (rule SYNC1). Thousands are kept, of thousands of sessions: an entry is as it was
 * stored, one string and not its objects, whose collection took a sixth of the time of the main
 * thread.
 */
export class RecentEntries {
  /** The kept ones begin at `#start`; what is before it is dropped now and then, all at once. */
  #entries: (string | undefined)[] = []
  /** Bytes of each. */
  #sizes: number[] = []
  #start = 0
  #bytes = 0
  #seq: number
  readonly #shared = new SharedEntries()

  /** `bodies`: the last stored entries up to `seq`, of which as many are kept as fit. */
  constructor(seq: number, bodies: readonly EntryText[]) {
    this.#seq = seq
    this.prepend(bodies)
  }

  /** The seq of the first entry that is kept; without any, of the next one. */
  get firstSeq(): number {
    return this.#seq - this.#length + 1
  }

  /** Takes in the next entry, as it is stored. */
  push(seq: number, body: EntryText): void {
    const text = keptText(body)
    const bytes = bytesOf(text)
    this.#entries.push(text)
    this.#sizes.push(bytes)
    this.#seq = seq
    this.#shared.clear()
    this.#bytes += bytes
    while (this.#length > MAX_ENTRIES || this.#bytes > MAX_BYTES) this.#dropFirst()
  }

  /** Drops the entries before this seq. */
  forgetBefore(seq: number): void {
    while (this.#length > 0 && this.firstSeq < seq) this.#dropFirst()
  }

  /** Takes back the entries right before the first; of more than fit, the last. */
  prepend(bodies: readonly EntryText[]): void {
    const texts = bodies.map(keptText)
    const sizes = texts.map(bytesOf)
    const from = sizes.length - fitting(sizes, { count: this.#length, bytes: this.#bytes })
    this.#entries = [...texts.slice(from), ...this.#entries.slice(this.#start)]
    this.#sizes = [...sizes.slice(from), ...this.#sizes.slice(this.#start)]
    this.#start = 0
    for (const bytes of sizes.slice(from)) this.#bytes += bytes
  }

  /** Bytes of the entries after `last_seq`; undefined as with `after`. */
  bytesAfter(last_seq: number): number | undefined {
    if (!this.#has(last_seq)) return undefined
    return this.#sizes.slice(this.#indexAfter(last_seq)).reduce((sum, bytes) => sum + bytes, 0)
  }

  /** As `entriesAfter` of the tail. */
  after(last_seq: number, view: RoleView | null): Buffer | undefined {
    if (!this.#has(last_seq)) return undefined
    return this.#shared.from(last_seq + 1, view, () => this.#bodiesAfter(last_seq))
  }

  /** Makes that ahead, in steps. */
  *prepare(last_seq: number, view: RoleView | null): Steps<void> {
    if (!this.#has(last_seq)) return
    yield* this.#shared.ahead(last_seq + 1, view, () => this.#bodiesAfter(last_seq))
  }

  #bodiesAfter(last_seq: number): string[] {
    return this.#entries.slice(this.#indexAfter(last_seq)).filter((entry) => entry !== undefined)
  }

  #has(last_seq: number): boolean {
    return last_seq <= this.#seq && last_seq + 1 >= this.firstSeq
  }

  #indexAfter(last_seq: number): number {
    return this.#start + last_seq + 1 - this.firstSeq
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

/** A wider gap is not read again: a snapshot is cheaper then (rule SYNC5). */
const MAX_GAP = 1_000

/** Entries that are read at a time. */
const PAGE = 200

/** Reads the entries after one seq, up to and including another. */
type ReadRange = (after: number, upTo: number) => Promise<EntryPage>

/**
 * Brings entries that have left memory back into it, for clients that have missed some. All who
 * ask at once, such as the clients of a server that was restarted, share one read.
 */
export class Recollection {
  readonly #recent: RecentEntries
  readonly #read: ReadRange
  #reading: Promise<boolean> | undefined

  constructor(recent: RecentEntries, read: ReadRange) {
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

/** Characters of entries that are read at a time: beyond that no other begins. */
const MAX_CHARS = 1024 * 1024

/** The entries after `after`, up to and including `upTo`, of one session. */
export type EntryRange = { session_id: string; after: number; upTo: number }

/**
 * Those entries of a range that are still kept, from `first` on: all of them, or those of which a
 * page is full.
 */
export type EntryPage = { first: number; bodies: EntryText[] }

/** An entry is written with its seq first: to know that much, megabytes need not be parsed. */
function seqOf(body: EntryText): number {
  const [begin = ''] = typeof body === 'string' ? [body] : body.parts
  const written = /^\{"seq":(\d+)/.exec(begin)?.[1]
  return written === undefined ? (JSON.parse(wholeText(body)) as Entry).seq : Number(written)
}

/** Reads a range, all of which is durable, or as much as fits into a page. Rejects with StorageError. */
export async function readPage(journal: Journal, range: EntryRange): Promise<EntryPage> {
  const { session_id, after, upTo } = range
  const bodies = await journal.entriesAfter(session_id, after, upTo - after, MAX_CHARS)
  const [body] = bodies
  if (body === undefined) return { first: upTo + 1, bodies: [] }
  // Where the oldest are gone, the journal makes up for them with some from beyond the range.
  const first = seqOf(body)
  return { first, bodies: bodies.slice(0, Math.max(0, upTo + 1 - first)) }
}
