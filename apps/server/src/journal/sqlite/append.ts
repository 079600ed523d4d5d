import {
  type AppendOutcome,
  isForgettable,
  judge,
  type Receipt,
  REMEMBERED_RECEIPTS,
  type SessionHead,
} from '../journal.js'
import { entryDigest, receiptDigest } from './chain.js'
import type { SqlValue, SqliteDatabase } from './database.js'
import { troubleOf } from './errors.js'
import { findRow } from './history.js'
import { unpackGroup, type PackedBatch, type PackedCommit } from './packed-group.js'
import type { LogRow, SessionRow } from './schema.js'
import type { Tail, TailRow } from './tail.js'
import type { Texts } from './texts.js'

/**
 * Rows behind the indexes from which on they are filled. The more there are, the more of each
 * session and the fewer pages are written for it.
 */
export const FILL_AT = 16_000

/** Rows that one slice moves into the indexes: a commit waits for it, a millisecond or two. */
const SLICE = 512

/** A session, and what its next entry builds upon. */
type Writing = { id: number; last_seq: number; digest: string }

/** Sessions of which that is remembered. */
const REMEMBERED_SESSIONS = 10_000

/** An entry as most are. */
const PLAIN = 'id, session, seq, command_id, payload_hash, digest, body'

/** Any row. */
const ALL = `${PLAIN}, after_seq, ack, consumes, text, text_digest`

/** Rows of one statement. */
const TOGETHER = 8

function insert(columns: string, rows: number): string {
  const row = `(${columns.replaceAll(/\w+/g, '?')})`
  return `insert into log (${columns}) values ${Array(rows).fill(row).join()}`
}

const INSERT_PLAIN = insert(PLAIN, TOGETHER)
const INSERT_ONE = insert(ALL, 1)

const TAKEN = 'select 1 from by_cmd where session = ? and command_id = ?'

type Options = { database: SqliteDatabase; tail: Tail; texts: Texts; fillAt: number }

/** Appends to the log, and fills its indexes in slices. */
export class Log {
  readonly #database: SqliteDatabase
  readonly #tail: Tail
  readonly #texts: Texts
  readonly #fillAt: number
  readonly #sessions = new Map<string, Writing>()
  /** The indexes are being filled up to this row. */
  #through: number | undefined
  /** Sessions whose rows cannot be indexed: they stay behind, and stop no other. */
  readonly #stuck = new Set<number>()
  /** Rows that came since the last slice of a round: the next one takes more than these. */
  #added = 0

  constructor({ database, tail, texts, fillAt }: Options) {
    this.#database = database
    this.#tail = tail
    this.#texts = texts
    this.#fillAt = fillAt
  }

  /** Makes a packed group durable. One outcome for each batch. */
  append(text: string): AppendOutcome[] {
    return this.changing(() => {
      const rows: LogRow[] = []
      const outcomes = unpackGroup(text).map((batch) => {
        const session = this.#session(batch.session_id)
        const outcome = judge(batch, session && this.#headOf(session))
        if (outcome.ok && session) this.#take(session, batch, rows)
        return outcome
      })
      this.#insert(rows)
      if (this.#through !== undefined) this.#added += rows.length
      return outcomes
    })
  }

  /** Runs a transaction. After a failure, what the disk holds is read again. */
  changing<T>(work: () => T): T {
    try {
      return this.#database.transaction(() => {
        // Nobody else writes: only what was forgotten has to be read.
        if (!this.#tail.isRead) this.#tail.refresh()
        return work()
      })
    } catch (error) {
      this.#tail.clear()
      this.#sessions.clear()
      this.#through = undefined
      throw error
    }
  }

  /** The session was deleted. */
  forget(session_id: string): void {
    this.#sessions.delete(session_id)
  }

  /** Whether there is something for `fill` to do. */
  get isDue(): boolean {
    return this.#through !== undefined || this.#movable > this.#fillAt
  }

  /** Whether there are rows that could be in the indexes, or all are and the database does not say so. */
  get isBehind(): boolean {
    if (this.#movable > 0) return true
    return this.#tail.isRead && !this.isStuck && this.#tail.last > this.#tail.indexed
  }

  /** Whether some rows stay behind the indexes, whatever `fill` does. */
  get isStuck(): boolean {
    return this.#stuck.size > 0
  }

  /** Has all rows that are there by now indexed, slice by slice. */
  due(): void {
    this.#through ??= this.#tail.last
  }

  /** Moves a slice into the indexes. Throws when that cannot be done: the rows stay where they are. */
  fill(): void {
    const through = this.#through ?? this.#tail.last
    let at: number | undefined
    try {
      this.changing(() => {
        this.#through = through
        let left = Math.max(SLICE, 2 * this.#added)
        for (const session of this.#tail.sessions()) {
          if (this.#stuck.has(session)) continue
          at = session
          left -= this.#index(session, this.#tail.take(session, left, through))
          if (left <= 0) return
        }
        // What is behind after the next start is read from here on.
        if (this.#stuck.size === 0) {
          this.#database.prepare('update journal set indexed = ?').run(through)
          this.#tail.refresh()
        }
        this.#through = undefined
      })
      this.#added = 0
    } catch (error) {
      // Not a failure of the disk: there is damage where rows of this session belong.
      if (at !== undefined && troubleOf(error) === undefined) this.#stuck.add(at)
      throw error
    }
  }

  /** Moves some rows of a session into the indexes. True: there are more. */
  fillOf(session_id: string): boolean {
    const id = this.changing(() => {
      const row = findRow(this.#database, session_id)
      if (row) this.#index(row.id, this.#tail.take(row.id, SLICE, Infinity))
      return row?.id
    })
    return id !== undefined && this.#tail.rowsOf(id).length > 0
  }

  #headOf({ id, last_seq }: Writing): SessionHead {
    const taken = this.#database.prepare(TAKEN)
    const isTaken = (command_id: string) =>
      this.#tail.find(id, command_id) !== undefined || taken.get(id, command_id) !== undefined
    return { last_seq, takenAmong: (ids) => ids.filter(isTaken) }
  }

  get #movable(): number {
    let count = this.#tail.count
    for (const session of this.#stuck) count -= this.#tail.rowsOf(session).length
    return count
  }

  /** Undefined if there is no such session. */
  #session(session_id: string): Writing | undefined {
    const known = this.#sessions.get(session_id)
    if (known) return known
    const row = findRow(this.#database, session_id)
    if (!row) return undefined
    if (this.#sessions.size >= REMEMBERED_SESSIONS) this.#sessions.clear()
    const last = this.#tail.lastEntry(row.id)
    const isLater = (last?.seq ?? 0) > row.last_seq
    const session: Writing = {
      id: row.id,
      last_seq: isLater ? (last?.seq ?? 0) : row.last_seq,
      digest: last && isLater ? this.#digestOf(last.id) : row.last_digest,
    }
    this.#sessions.set(session_id, session)
    return session
  }

  #digestOf(id: number): string {
    const row = this.#database.prepare('select digest from log where id = ?').get(id)
    return (row as { digest: string }).digest
  }

  #take(session: Writing, { commits, receipts }: PackedBatch, rows: LogRow[]): void {
    for (const commit of commits) rows.push(this.#entryRow(session, commit))
    for (const receipt of receipts) rows.push(this.#receiptRow(session, receipt))
  }

  #entryRow(session: Writing, commit: PackedCommit): LogRow {
    const { seq, command_id, payload_hash, ack, text } = commit
    const row: LogRow = {
      id: this.#tail.last + 1,
      session: session.id,
      seq,
      after_seq: null,
      command_id,
      payload_hash,
      ack,
      consumes: null,
      text: text?.text ?? null,
      text_digest: text?.digest ?? null,
      digest: '',
      body: text ? null : commit.body,
    }
    row.digest = entryDigest(session.digest, row)
    session.digest = row.digest
    session.last_seq = seq
    if (text) this.#texts.hold(text)
    this.#tail.add({
      id: row.id,
      session: session.id,
      seq,
      command_id,
      after_seq: null,
      lasting: 0,
    })
    return row
  }

  #receiptRow(session: Writing, receipt: Receipt): LogRow {
    const { command_id, payload_hash, after_seq, ack, consumes } = receipt
    const row: LogRow = {
      id: this.#tail.last + 1,
      session: session.id,
      seq: null,
      after_seq,
      command_id,
      payload_hash,
      ack: JSON.stringify(ack),
      consumes: consumes && JSON.stringify(consumes),
      text: null,
      text_digest: null,
      digest: '',
      body: null,
    }
    row.digest = receiptDigest(row)
    const lasting = isForgettable(receipt) ? 0 : 1
    this.#tail.add({ id: row.id, session: session.id, seq: null, command_id, after_seq, lasting })
    return row
  }

  /** To bind a parameter takes as long as to store it: entries go by themselves, several at a time. */
  #insert(rows: readonly LogRow[]): void {
    const several = this.#database.prepare(INSERT_PLAIN)
    const one = this.#database.prepare(INSERT_ONE)
    let plain: LogRow[] = []
    for (const row of rows) {
      const isPlain = row.seq !== null && row.ack === null && row.text === null
      if (isPlain && plain.push(row) < TOGETHER) continue
      if (plain.length === TOGETHER) {
        const values: SqlValue[] = []
        for (const entry of plain) values.push(...plainValues(entry))
        several.run(...values)
        plain = []
      }
      if (!isPlain) one.run(...plainValues(row), ...otherValues(row))
    }
    for (const row of plain) one.run(...plainValues(row), ...otherValues(row))
  }

  /** Writes rows of one session into the indexes, and where they end now. Gives how many. */
  #index(session: number, rows: readonly TailRow[]): number {
    if (rows.length === 0) return 0
    const { prepare } = this.#database
    const ends = prepare('select last_seq, last_receipt from sessions where id = ?')
    // Of a deleted session the rows are indexed to be found, and removed.
    const { last_seq = 0, last_receipt = 0 } = (ends.get(session) ?? {}) as Partial<SessionRow>
    // A process that died has indexed some, and not said so of all.
    const entries = rows.filter(({ seq }) => seq !== null && seq > last_seq)
    const receipts = rows.filter(({ seq, id }) => seq === null && id > last_receipt)
    const ids = [...entries, ...receipts].map(({ command_id, id }) => [command_id, id])
    const byCommand =
      'insert or ignore into by_cmd select ?, value ->> 0, value ->> 1 from json_each(?)'
    prepare(byCommand).run(session, JSON.stringify(ids))
    if (entries.length > 0) this.#indexEntries(session, entries)
    if (receipts.length > 0) this.#indexReceipts(session, receipts)
    return rows.length
  }

  #indexEntries(session: number, entries: readonly TailRow[]): void {
    const { prepare } = this.#database
    const last = entries.reduce((a, b) => ((a.seq ?? 0) < (b.seq ?? 0) ? b : a))
    const bySeq =
      'insert or ignore into by_seq select ?, value ->> 0, value ->> 1 from json_each(?)'
    prepare(bySeq).run(session, JSON.stringify(entries.map(({ seq, id }) => [seq, id])))
    const ends = prepare('update sessions set last_seq = ?, last_digest = ? where id = ?')
    ends.run(last.seq, this.#digestOf(last.id), session)
  }

  #indexReceipts(session: number, receipts: readonly TailRow[]): void {
    const { prepare } = this.#database
    const forgettable = receipts.filter(({ lasting }) => lasting === 0).length
    const places = receipts.map(({ lasting, after_seq, id }) => [lasting, after_seq, id])
    prepare(`insert or ignore into by_receipt
      select ?, value ->> 0, value ->> 1, value ->> 2 from json_each(?)`).run(
      session,
      JSON.stringify(places),
    )
    prepare('update sessions set receipts = receipts + ?, last_receipt = ? where id = ?').run(
      forgettable,
      receipts.at(-1)?.id ?? 0,
      session,
    )
    this.#forget(session, SLICE + forgettable)
  }

  /** Forgets the oldest commands of a session that changed nothing, beyond those of rule IDEM6. */
  #forget(session: number, most: number): void {
    const { prepare } = this.#database
    const row = prepare('select receipts from sessions where id = ?').get(session)
    const spare = ((row as { receipts: number } | undefined)?.receipts ?? 0) - REMEMBERED_RECEIPTS
    if (spare <= 0) return
    const oldest = prepare(`select log.id, log.command_id, by_receipt.after_seq
      from by_receipt join log on log.id = by_receipt.id
      where by_receipt.session = ? and lasting = 0
      order by by_receipt.after_seq, by_receipt.id limit ?`)
    const going = oldest.all(session, Math.min(most, spare)) as LogRow[]
    for (const { id, command_id, after_seq } of going) {
      prepare('delete from log where id = ?').run(id)
      prepare('delete from by_cmd where session = ? and command_id = ?').run(session, command_id)
      prepare(`delete from by_receipt
        where session = ? and lasting = 0 and after_seq = ? and id = ?`).run(session, after_seq, id)
    }
    prepare('update sessions set receipts = receipts - ? where id = ?').run(going.length, session)
  }
}

function plainValues(row: LogRow): SqlValue[] {
  const { id, session, seq, command_id, payload_hash, digest, body } = row
  return [id, session, seq, command_id, payload_hash, digest, body]
}

function otherValues({ after_seq, ack, consumes, text, text_digest }: LogRow): SqlValue[] {
  return [after_seq, ack, consumes, text, text_digest]
}
