import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AppendBatch,
  type AppendOutcome,
  assertConsecutive,
  isForgettable,
  REMEMBERED_RECEIPTS,
  StorageError,
} from '../journal.js'
import { inTurns } from '../../turns.js'
import { type EntryText, LONG_BODY } from '../entry-text.js'
import { textArrayInSteps } from './text-array.js'
import { type PostgresDatabase, type SqlValue, Unsure } from './connection.js'
import { sqlState } from './errors.js'

/** Time limit for a group, including finding out whether it is durable, in milliseconds. */
export const PATIENCE_MS = 5_000

/** Pause between attempts, in milliseconds. */
const PAUSE_MS = 100

/** SQLSTATE that `talus.append` raises for a command id that is already used. */
const TAKEN = 'TA001'

type Mode = 'quick' | 'careful' | 'again'

type Refused = { batch: number; reason: string; taken: string[] | null }

const APPEND = {
  name: 'talus-append',
  text: 'select * from talus.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)',
}

const json = (value: unknown) => (value === null ? null : JSON.stringify(value))

/** The parameters of `talus.append` after the first two: columns of batches, then columns of rows. */
function columnsOf(batches: readonly AppendBatch[]): SqlValue[] {
  const sessions: string[] = []
  const bases: number[] = []
  const entries: number[] = []
  const forgettable: number[] = []
  const rows: { [column: string]: unknown[] } & Record<Column, unknown[]> = {
    batch: [],
    seq: [],
    after: [],
    command: [],
    hash: [],
    ack: [],
    consumes: [],
    body: [],
  }
  for (const [i, { session_id, base_seq, commits, receipts }] of batches.entries()) {
    sessions.push(session_id)
    bases.push(base_seq)
    entries.push(commits.length)
    forgettable.push(receipts.filter(isForgettable).length)
    for (const { seq, command_id, payload_hash, ack, body } of commits) {
      add(rows, [i + 1, seq, null, command_id, payload_hash, json(ack), null, body])
    }
    for (const { after_seq, command_id, payload_hash, ack, consumes } of receipts) {
      add(rows, [i + 1, null, after_seq, command_id, payload_hash, json(ack), json(consumes), null])
    }
  }
  return [sessions, bases, entries, forgettable, ...COLUMNS.map((column) => rows[column])]
}

/** The same as they are sent. */
async function valuesOf(batches: readonly AppendBatch[]): Promise<SqlValue[]> {
  const columns = columnsOf(batches)
  const isLong = ({ body }: { body: EntryText }) => body.length > LONG_BODY
  if (!batches.some(({ commits }) => commits.some(isLong))) return columns
  const bodies = columns.pop() as (EntryText | null)[]
  return [...columns, await inTurns(textArrayInSteps(bodies))]
}

const COLUMNS = ['batch', 'seq', 'after', 'command', 'hash', 'ack', 'consumes', 'body'] as const

type Column = (typeof COLUMNS)[number]

function add(rows: Record<Column, unknown[]>, values: unknown[]): void {
  for (const [i, column] of COLUMNS.entries()) rows[column].push(values[i])
}

function outcomeOf(refused: Refused | undefined): AppendOutcome {
  if (!refused) return { ok: true }
  const { reason, taken } = refused
  if (reason === 'duplicate') return { ok: false, reason, command_ids: taken ?? [] }
  return { ok: false, reason: reason === 'conflict' ? reason : 'unknown-session' }
}

/** Appends groups to the log, each in one transaction and usually one round trip. */
export class Log {
  readonly #database: PostgresDatabase
  /** Milliseconds by which the clock of the database is ahead of this machine's. */
  #ahead = 0

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  /** Sets the time of the database, in milliseconds since 1970. */
  tellTime(time: number): void {
    this.#ahead = time - Date.now()
  }

  async append(batches: readonly AppendBatch[]): Promise<AppendOutcome[]> {
    batches.forEach(assertConsecutive)
    if (batches.length === 0) return []
    const refused = await this.#appendSurely(await valuesOf(batches))
    const outcomes = batches.map((_, i) => outcomeOf(refused.find(({ batch }) => batch === i + 1)))
    for (const [i, { session_id, receipts }] of batches.entries()) {
      if (outcomes[i]?.ok && receipts.some(isForgettable)) await this.#forgetReceipts(session_id)
    }
    return outcomes
  }

  /**
   * If the connection is lost during a write, the group may or may not be durable: it is sent again
   * until the database answers. Rejects with `Unsure` after the time limit.
   */
  async #appendSurely(columns: SqlValue[]): Promise<Refused[]> {
    const end = performance.now() + PATIENCE_MS
    let unsure: Unsure | undefined
    for (;;) {
      try {
        return await this.#appendOnce(columns, unsure ? 'again' : 'quick', end)
      } catch (error) {
        if (error instanceof Unsure) unsure = error
        // An error of this attempt does not tell whether the previous one was committed.
        else if (!unsure) throw error
        if (performance.now() + PAUSE_MS > end) throw unsure
        await sleep(PAUSE_MS)
      }
    }
  }

  async #appendOnce(columns: SqlValue[], mode: Mode, end: number): Promise<Refused[]> {
    const deadline = Date.now() + this.#ahead + (end - performance.now())
    try {
      return await this.#database.run({ ...APPEND, values: [mode, deadline, ...columns] })
    } catch (error) {
      const isTaken = error instanceof StorageError && sqlState(error.cause) === TAKEN
      if (!isTaken || mode !== 'quick') throw error
      return await this.#appendOnce(columns, 'careful', end)
    }
  }

  /** Removes the oldest receipts of commands that changed nothing (rule IDEM6). */
  async #forgetReceipts(session_id: string): Promise<void> {
    await this.#database.query(
      `with due as (
        select id, receipts - $2 as many from talus.sessions
        where session_id = $1 and receipts > 2 * $2 for update),
      going as (
        delete from talus.log where id in (
          select l.id from talus.log l, due where l.session = due.id and l.seq is null
            and l.consumes is null order by l.after_seq, l.id limit (select many from due)))
      update talus.sessions s set receipts = s.receipts - due.many from due where s.id = due.id`,
      [session_id, REMEMBERED_RECEIPTS],
    )
  }
}
