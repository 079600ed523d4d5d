import type { AckSuccess, Entry } from '@talus/protocol'
import { mayGo, removedAck, type Truncation } from '../journal.js'
import type { Log } from './append.js'
import { receiptDigest } from './chain.js'
import type { SqliteDatabase } from './database.js'
import { findRow, type LogEntry, readEntries } from './history.js'
import type { SessionRow } from './schema.js'
import type { Tail } from './tail.js'
import { aboutEntry, readParts, type Texts } from './texts.js'

/** Pages that are overwritten at a time: a millisecond or two. */
const PAGES = 64

/** Characters that one step writes at most, for those who count them. */
export const ERASED_AT_ONCE = PAGES * 4_096

/**
 * `wait`: what was deleted is still being removed, bit by bit. `fill`: free pages are taken and filled
 * with zeros. `empty`: they are given back.
 */
type Step = 'none' | 'wait' | 'fill' | 'empty'

/**
 * SQLite keeps pages that are free, with what they held, until they are needed. They are overwritten
 * by taking all of them for a table of zeros, a part at a time, and giving them back. In pages that
 * are in use, `secure_delete` does it.
 */
export class Erasure {
  readonly #database: SqliteDatabase
  readonly #tidy: () => boolean
  /** What was removed before this process began may not have been overwritten. */
  #step: Step = 'wait'
  #left = 0
  #isDueAgain = false

  /** `tidy` removes a part of what is to be removed. True: there is more. */
  constructor(database: SqliteDatabase, tidy: () => boolean) {
    this.#database = database
    this.#tidy = tidy
  }

  /** Something was removed. */
  due(): void {
    if (this.#step === 'none') this.#step = 'wait'
    else this.#isDueAgain = this.#step !== 'wait'
  }

  /** Overwrites a part. True: there is more. */
  next(): boolean {
    switch (this.#step) {
      case 'none':
        return false
      case 'wait':
        this.#isDueAgain = false
        if (!this.#tidy()) this.#beginToFill()
        return true
      case 'fill':
        if (!this.#fill()) this.#step = 'empty'
        return true
      case 'empty':
        if (this.#empty()) return true
        return this.#end()
      default:
        return this.#step satisfies never
    }
  }

  #beginToFill(): void {
    const { connection } = this.#database
    connection.exec('create table if not exists erasing (id integer primary key, zeros blob)')
    this.#left = this.#numberOf('freelist_count')
    this.#step = 'fill'
  }

  #fill(): boolean {
    const pages = Math.min(PAGES, this.#left, this.#numberOf('freelist_count'))
    if (pages <= 0) return false
    const bytes = pages * this.#numberOf('page_size')
    const insert = this.#database.prepare('insert into erasing (zeros) values (zeroblob(?))')
    this.#database.transaction(() => insert.run(bytes))
    this.#left -= pages
    return true
  }

  #empty(): boolean {
    const first = 'select id from erasing order by id limit 1'
    const remove = this.#database.prepare(`delete from erasing where id in (${first})`)
    return this.#database.transaction(() => remove.run().changes > 0)
  }

  #end(): boolean {
    const { connection } = this.#database
    connection.exec('drop table erasing')
    // The log has the rows as they were. Whoever reads it now is not waited for: it is overwritten
    // as it is used again, and goes when the server ends.
    connection.exec('pragma busy_timeout = 0')
    try {
      connection.prepare('pragma wal_checkpoint(truncate)').get()
    } finally {
      connection.exec('pragma busy_timeout = 1000')
    }
    this.#step = this.#isDueAgain ? 'wait' : 'none'
    return this.#isDueAgain
  }

  #numberOf(pragma: 'freelist_count' | 'page_size'): number {
    const row = this.#database.connection.prepare(`pragma ${pragma}`).get() as object
    return Number(Object.values(row)[0])
  }
}

/** Rows, and characters in them, that a slice removes: about a millisecond. */
const ROWS = 256
const CHARACTERS = 1_000_000

type Going = { id: number; text: number | null; size: number }

type Options = { database: SqliteDatabase; tail: Tail; texts: Texts; log: Log }

/** Takes out what is not to be kept, without holding up whoever appends meanwhile. */
export class Removal {
  readonly #database: SqliteDatabase
  readonly #tail: Tail
  readonly #texts: Texts
  readonly #log: Log
  /** Deleted sessions of which there is something left. */
  #gone: number[]

  constructor({ database, tail, texts, log }: Options) {
    this.#database = database
    this.#tail = tail
    this.#texts = texts
    this.#log = log
    const rows = database.prepare('select session from gone').all() as { session: number }[]
    this.#gone = rows.map(({ session }) => session)
  }

  /** Deletes a session at once, its history bit by bit. */
  deleteSession(session_id: string): boolean {
    const { prepare } = this.#database
    return this.#log.changing(() => {
      const row = findRow(this.#database, session_id)
      if (!row) return false
      prepare('insert into gone values (?, ?)').run(row.id, this.#tail.last)
      this.#texts.release(row.snapshot_text)
      prepare('delete from sessions where id = ?').run(row.id)
      this.#log.forget(session_id)
      this.#gone.push(row.id)
      return true
    })
  }

  /** Removes the oldest entries in the indexes, as far as may be. */
  truncate(session_id: string, truncation: Truncation): number {
    return this.#log.changing(() => {
      const stored = findRow(this.#database, session_id)
      if (!stored || stored.snapshot_seq === null) return 0
      const { limit, ...rest } = truncation
      const allowed = { ...rest, last_seq: stored.last_seq, snapshot_seq: stored.snapshot_seq }
      const end = stored.first_seq + limit
      let row = stored
      for (let goesOn = true; goesOn && row.first_seq < end;) {
        const left = end - row.first_seq
        const oldest = this.#oldest(row, left)
        const stays = oldest.findIndex((entry) => !this.#mayGo(entry, allowed))
        const going = stays < 0 ? oldest : oldest.slice(0, stays)
        for (const entry of going) this.#remove(entry)
        const last = going.at(-1)
        if (last) row = { ...row, first_seq: last.seq + 1, first_digest: last.digest }
        goesOn = stays < 0 && last !== undefined
      }
      const begin = 'update sessions set first_seq = ?, first_digest = ? where id = ?'
      this.#database.prepare(begin).run(row.first_seq, row.first_digest, row.id)
      return row.first_seq - stored.first_seq
    })
  }

  #oldest(row: SessionRow, limit: number): LogEntry[] {
    const reading = { database: this.#database, tail: this.#tail }
    return readEntries(reading, row, { after_seq: row.first_seq - 1, limit, chars: CHARACTERS })
  }

  get isTidy(): boolean {
    return this.#gone.length === 0
  }

  /** Removes a part of what a deleted session has left. */
  tidy(): void {
    const session = this.#gone.at(-1)
    if (session === undefined) return
    const { prepare } = this.#database
    const row = prepare('select through from gone where session = ?').get(session)
    // Taken back: the transaction that deleted it has failed.
    if (!row) return void this.#gone.pop()
    // Its last rows are found by the indexes only.
    if ((row as { through: number }).through > this.#tail.indexed) {
      this.#log.due()
      return this.#log.fill()
    }
    const isGone = this.#log.changing(() => {
      if (this.#removeSome('by_seq', session) || this.#removeSome('by_receipt', session))
        return false
      const ids = `select command_id from by_cmd where session = ?1 limit ${ROWS}`
      const sql = `delete from by_cmd where session = ?1 and command_id in (${ids})`
      if (prepare(sql).run(session).changes > 0) return false
      prepare('delete from gone where session = ?').run(session)
      return true
    })
    if (isGone) this.#gone.pop()
  }

  /** False: there is none. */
  #removeSome(index: 'by_seq' | 'by_receipt', session: number): boolean {
    const { prepare } = this.#database
    const rows = prepare(`select i.id, log.text, coalesce(octet_length(log.body), 0) as size
      from ${index} i left join log on log.id = i.id where i.session = ? limit ${ROWS}`)
    let left = CHARACTERS
    const ids: number[] = []
    for (const { id, text, size } of rows.all(session) as Going[]) {
      this.#texts.release(text)
      ids.push(id)
      left -= size
      if (left <= 0) break
    }
    if (ids.length === 0) return false
    const wanted = JSON.stringify(ids)
    prepare('delete from log where id in (select value from json_each(?))').run(wanted)
    prepare(`delete from ${index}
      where session = ? and id in (select value from json_each(?))`).run(session, wanted)
    return true
  }

  /** Looks for the time of an entry only where that counts: it may be long. */
  #mayGo(entry: LogEntry, allowed: Omit<Truncation, 'limit'> & Ends): boolean {
    const { before_time: _, ...bySeq } = allowed
    if (!mayGo({ seq: entry.seq, body: '' }, bySeq)) return false
    return mayGo({ seq: entry.seq, body: this.#textOf(entry) }, allowed)
  }

  #textOf({ body, text, text_digest }: LogEntry): string {
    if (text === null || text_digest === null) return body ?? ''
    const ref = { text, about: aboutEntry, digest: text_digest }
    const window = { from: 0, chars: Infinity }
    return readParts(this.#database, ref, window).bodies.join('')
  }

  /** An entry that goes leaves what answers a retry of its command (rule IDEM1). */
  #remove(entry: LogEntry): void {
    const { prepare } = this.#database
    const { seq, command_id } = entry
    const given = entry.ack === null ? null : (JSON.parse(entry.ack) as AckSuccess)
    const told = JSON.parse(this.#textOf(entry)) as Entry
    const ack = JSON.stringify(removedAck({ seq, command_id, ack: given }, told))
    const left = { ...entry, ack, text: null, text_digest: null, body: null }
    this.#texts.release(entry.text)
    prepare('delete from by_seq where session = ? and seq = ?').run(entry.session, seq)
    prepare(`update log set ack = ?, text = null, text_digest = null, body = null, digest = ?
      where id = ?`).run(left.ack, receiptDigest(left), entry.id)
  }
}

type Ends = { last_seq: number; snapshot_seq: number }
