import type { SqliteDatabase } from './database.js'

/** A row of the log that is behind the indexes. */
export type TailRow = {
  id: number
  session: number
  /** Null for a receipt. */
  seq: number | null
  command_id: string
  after_seq: number | null
  /** Of a receipt: 1 when it must not be forgotten. */
  lasting: number
}

/** What of one session is behind the indexes, in the order of the log. */
type SessionTail = { rows: TailRow[]; commands: Map<string, number>; last: TailRow | undefined }

const LATER = `
  select id, session, seq, command_id, after_seq,
    consumes is not null as lasting
  from log where id > ? order by id`

/**
 * The part of the log behind its indexes. Whoever writes adds what it appends; others take in what
 * has come since they looked last.
 */
export class Tail {
  readonly #database: SqliteDatabase
  readonly #sessions = new Map<number, SessionTail>()
  /** The last row up to which all are in the indexes. */
  #indexed = -1
  #last = 0
  #count = 0

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  get count(): number {
    return this.#count
  }

  /** Whether it was read, and not forgotten since. */
  get isRead(): boolean {
    return this.#indexed >= 0
  }

  get indexed(): number {
    return this.#indexed
  }

  /** The last id that was given to a row. */
  get last(): number {
    return this.#last
  }

  /** Takes in what the log has by now. To be called in the transaction that reads. */
  refresh(): void {
    const row = this.#database.prepare('select indexed from journal').get() as { indexed: number }
    if (row.indexed !== this.#indexed) this.#reached(row.indexed)
    for (const later of this.#database.prepare(LATER).iterate(this.#last)) {
      this.add(later as TailRow)
    }
  }

  /** Forgets everything: what the disk holds is read again. */
  clear(): void {
    this.#sessions.clear()
    this.#indexed = -1
    this.#last = 0
    this.#count = 0
  }

  add(row: TailRow): void {
    let tail = this.#sessions.get(row.session)
    if (!tail)
      this.#sessions.set(row.session, (tail = { rows: [], commands: new Map(), last: undefined }))
    tail.rows.push(row)
    if (row.seq !== null && row.seq > (tail.last?.seq ?? 0)) tail.last = row
    tail.commands.set(row.command_id, row.id)
    this.#last = row.id
    this.#count += 1
  }

  /** The rows of a session, some of which may be in the indexes already. */
  rowsOf(session: number): readonly TailRow[] {
    return this.#sessions.get(session)?.rows ?? []
  }

  /** The row of a command; undefined when it is not here. */
  find(session: number, command_id: string): number | undefined {
    return this.#sessions.get(session)?.commands.get(command_id)
  }

  /** A session's last entry here. */
  lastEntry(session: number): TailRow | undefined {
    return this.#sessions.get(session)?.last
  }

  sessions(): number[] {
    return [...this.#sessions.keys()]
  }

  /** Takes the session's oldest rows out, as far as `through`. */
  take(session: number, most: number, through: number): TailRow[] {
    const tail = this.#sessions.get(session)
    if (!tail) return []
    const later = tail.rows.findIndex(({ id }) => id > through)
    const taken = tail.rows.splice(0, Math.min(most, later < 0 ? tail.rows.length : later))
    for (const { command_id } of taken) tail.commands.delete(command_id)
    if (tail.rows.length === 0) this.#sessions.delete(session)
    this.#count -= taken.length
    return taken
  }

  /** All rows up to this one are in the indexes. */
  #reached(indexed: number): void {
    for (const session of this.sessions()) this.take(session, Infinity, indexed)
    this.#indexed = indexed
    this.#last = Math.max(this.#last, indexed)
  }
}
