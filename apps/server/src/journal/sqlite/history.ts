import type { AckSuccess } from '@talus/protocol'
import {
  DamagedError,
  StorageError,
  type Receipt,
  type SessionRecord,
  type StoredCommand,
} from '../journal.js'
import { entryDigest, receiptDigest, recordDigest } from './chain.js'
import type { SqliteDatabase } from './database.js'
import { messageOf } from './errors.js'
import type { LogRow, SessionRow } from './schema.js'
import type { Tail } from './tail.js'
import { aboutEntry, aboutSnapshot, type TextRef } from './texts.js'

/** Where a history is read: the indexed rows and those behind the indexes. */
export type Reading = { database: SqliteDatabase; tail: Tail }

/** The body of an entry, or where it is when it is long. */
export type Body = string | TextRef

export type LogEntry = LogRow & { seq: number }

/** What is wrong with a session's history, and where. It is never read past the place. */
export function damaged(session_id: string, seq: number, what: string): DamagedError {
  return new DamagedError(`Session ${session_id}: the entry at seq ${seq} ${what}`)
}

/** A session as it is stored; undefined if there is none. */
export function findRow({ prepare }: SqliteDatabase, session_id: string): SessionRow | undefined {
  return prepare('select * from sessions where session_id = ?').get(session_id) as
    | SessionRow
    | undefined
}

/** What a session is. Throws `DamagedError` when it is not as it was written. */
export function recordOf(row: SessionRow): SessionRecord {
  const { session_id, epoch, template_id, project_id, created_at } = row
  const record = { session_id, epoch, template_id, project_id, created_at }
  if (row.digest === recordDigest(record)) return record
  throw new DamagedError(`Session ${session_id}: its epoch, template or date is damaged`)
}

/** The seq of a session's last entry. */
export function lastSeq({ tail }: Reading, { id, last_seq }: SessionRow): number {
  return Math.max(last_seq, tail.lastEntry(id)?.seq ?? 0)
}

export function snapshotRef({ id, ...row }: SessionRow): TextRef | null {
  const { snapshot_seq: seq, snapshot_text: text, snapshot_digest: digest } = row
  if (seq === null || text === null || digest === null) return null
  return { text, about: aboutSnapshot(id, seq), digest }
}

const BY_ID = 'select * from log where id = ?'

export function rowAt({ prepare }: SqliteDatabase, id: number): LogRow | undefined {
  return prepare(BY_ID).get(id) as LogRow | undefined
}

const BY_SEQ = `select log.* from by_seq join log on log.id = by_seq.id
  where by_seq.session = ? and by_seq.seq > ? and by_seq.seq <= ? order by by_seq.seq`

/** The rows of entries after one seq and up to another, whatever they are. */
function* rowsBetween(
  { database, tail }: Reading,
  { id, last_seq }: SessionRow,
  { after, through }: { after: number; through: number },
): Generator<LogRow> {
  const indexed = Math.min(through, last_seq)
  yield* database.prepare(BY_SEQ).iterate(id, after, indexed) as Iterable<LogRow>
  for (const { id: at, seq } of tail.rowsOf(id)) {
    if (seq === null || seq <= Math.max(after, last_seq) || seq > through) continue
    const row = rowAt(database, at)
    if (row) yield row
  }
}

/** The digest of the entry at a seq, or of what the first entry that is kept builds upon. */
function digestAt(reading: Reading, row: SessionRow, seq: number): string {
  if (seq === row.first_seq - 1) return row.first_digest
  for (const { digest } of rowsBetween(reading, row, { after: seq - 1, through: seq }))
    return digest
  throw damaged(row.session_id, seq, 'is missing')
}

/** Characters of an entry that is kept in parts count as so many. */
type Window = { after_seq: number; limit?: number; chars?: number }

/**
 * The entries with the `limit` seqs after `after_seq`, of which each is proven to follow the one
 * before, until they have so many characters, or one of them is long. Only what was removed on
 * purpose may be missing, at the beginning. Throws `StorageError` where one is damaged or missing.
 */
export function readEntries(
  reading: Reading,
  row: SessionRow,
  { after_seq, limit = Number.MAX_SAFE_INTEGER, chars = Infinity }: Window,
): LogEntry[] {
  const { session_id, first_seq, last_seq } = row
  const after = Math.max(after_seq, first_seq - 1)
  const through = Math.min(after_seq + limit, lastSeq(reading, row))
  const entries: LogEntry[] = []
  if (through <= after) return entries
  return naming(session_id, after + 1, () => {
    let seq = after
    let left = chars
    let digest = digestAt(reading, row, after)
    for (const found of rowsBetween(reading, row, { after, through })) {
      if (found.seq !== seq + 1 || found.session !== row.id) {
        throw damaged(session_id, seq + 1, 'is missing')
      }
      seq = found.seq
      if (entryDigest(digest, found) !== found.digest) throw damaged(session_id, seq, 'is damaged')
      digest = found.digest
      if (seq === last_seq && digest !== row.last_digest) throw notAsHead(session_id, seq)
      entries.push({ ...found, seq })
      left -= found.body?.length ?? Infinity
      if (left <= 0) return entries
    }
    if (seq < through) throw damaged(session_id, seq + 1, 'is missing')
    return entries
  })
}

function notAsHead(session_id: string, seq: number): DamagedError {
  return damaged(session_id, seq, 'is not what the head of the session says')
}

/** Throws `StorageError` unless a session's indexed rows end as its head says. */
export function expectEnd(reading: Reading, row: SessionRow): void {
  const { id, session_id, last_seq, last_digest, last_receipt } = row
  if (digestAt(reading, row, last_seq) !== last_digest) throw notAsHead(session_id, last_seq)
  const last = reading.database.prepare(`select id from by_receipt
    where session = ? and lasting = ? order by after_seq desc, id desc limit 1`)
  const ids = [0, 1].map(
    (lasting) => (last.get(id, lasting) as { id: number } | undefined)?.id ?? 0,
  )
  if (Math.max(...ids) === last_receipt) return
  throw new DamagedError(`Session ${session_id}: its last receipt is missing`)
}

/** Names the place where a session's history cannot be read. */
function naming<T>(session_id: string, seq: number, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof StorageError) throw cause
    const place = `Session ${session_id}: the history from seq ${seq} on`
    throw new StorageError(`${place} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

export function bodyOf({ body, text, text_digest }: LogRow): Body {
  if (text === null || text_digest === null) return body ?? ''
  return { text, about: aboutEntry, digest: text_digest }
}

const RECEIPTS = `select log.*, by_receipt.id as id from by_receipt
  left join log on log.id = by_receipt.id
  where by_receipt.session = ? and by_receipt.lasting = ? and by_receipt.after_seq >= ?`

/** `skip`: how many of them are known already; `most`: how many more are asked for. */
type ReceiptWindow = { from_seq: number; skip?: number; most?: number }

/** Receipts after the entry `from_seq`, or at it, in the order in which they were appended. */
export function readReceipts(
  reading: Reading,
  row: SessionRow,
  { from_seq, skip = 0, most = Infinity }: ReceiptWindow,
): Receipt[] {
  const { database, tail } = reading
  return naming(row.session_id, from_seq, () => {
    const indexed = [0, 1].flatMap(
      (lasting) => database.prepare(RECEIPTS).all(row.id, lasting, from_seq) as LogRow[],
    )
    const later = tail.rowsOf(row.id).filter((one) => {
      return one.seq === null && one.id > row.last_receipt && (one.after_seq ?? 0) >= from_seq
    })
    const rows = [...indexed, ...later.flatMap(({ id }) => rowAt(database, id) ?? [])]
    rows.sort((a, b) => a.id - b.id)
    return rows.slice(skip, skip + most).map((one) => toReceipt(row, one))
  })
}

/** Throws `DamagedError` when the row is not as it was written. */
function toReceipt({ session_id }: SessionRow, row: LogRow): Receipt {
  const { command_id, payload_hash, after_seq, consumes } = row
  if (after_seq === null || receiptDigest(row) !== row.digest) {
    const name = `the receipt of ${command_id} after seq ${after_seq}`
    throw new DamagedError(`Session ${session_id}: ${name} is damaged`)
  }
  return {
    command_id,
    payload_hash,
    after_seq,
    ack: parseAck(row),
    consumes: consumes === null ? null : (JSON.parse(consumes) as Receipt['consumes']),
  }
}

function parseAck({ ack }: LogRow): AckSuccess {
  return JSON.parse(ack ?? 'null') as AckSuccess
}

/** A command that the journal holds; its body may be long. */
export type FoundCommand = Omit<StoredCommand, 'body'> & { body: Body | null }

export function findCommand(
  reading: Reading,
  row: SessionRow,
  command_id: string,
): FoundCommand | undefined {
  const { database, tail } = reading
  const indexed = database.prepare('select id from by_cmd where session = ? and command_id = ?')
  const id =
    tail.find(row.id, command_id) ??
    (indexed.get(row.id, command_id) as { id: number } | undefined)?.id
  if (id === undefined) return undefined
  const found = rowAt(database, id)
  if (found?.session !== row.id) {
    throw new DamagedError(`Session ${row.session_id}: command ${command_id} is missing`)
  }
  const { seq, payload_hash } = found
  if (found.command_id !== command_id) {
    throw damaged(row.session_id, seq ?? found.after_seq ?? 0, 'is of another command')
  }
  if (seq === null || seq < row.first_seq) return withoutEntry(row, found)
  const [entry] = readEntries(reading, row, { after_seq: seq - 1, limit: 1 })
  if (entry?.id !== id) throw damaged(row.session_id, seq, 'is not found by its seq')
  const ack = entry.ack === null ? null : parseAck(entry)
  return { command_id, payload_hash, seq, body: bodyOf(entry), ack }
}

/** A receipt, or an entry that was removed. */
function withoutEntry(row: SessionRow, found: LogRow): FoundCommand {
  const { command_id, payload_hash, seq } = found
  if (seq === null) {
    const { ack } = toReceipt(row, found)
    return { command_id, payload_hash, seq, body: null, ack }
  }
  if (receiptDigest(found) !== found.digest) throw damaged(row.session_id, seq, 'is damaged')
  return { command_id, payload_hash, seq, body: null, ack: parseAck(found) }
}
