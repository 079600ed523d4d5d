import type { Kysely } from 'kysely'
import { damaged } from './damage.js'
import { readEntries, truncationOf } from './entry-reading.js'
import { expectEnd, readHead } from './head-reading.js'
import { StorageError, type Journal, type StoredCommand } from './journal.js'
import { parseAck, readReceipts, RECEIPT_COLUMNS, toReceipt } from './receipt-reading.js'
import type { PackedCommit } from './packed-group.js'
import type { JournalTables } from './schema.js'
import { readRecord } from './session-queries.js'
import { readSnapshot } from './snapshot-reading.js'

export type HistoryQueries = Pick<
  Journal,
  'loadSession' | 'entriesAfter' | 'firstSeq' | 'findCommand'
>

export function historyQueries(db: Kysely<JournalTables>): HistoryQueries {
  return {
    async loadSession(session_id) {
      return await inOneView(db, (view) => loadSession(view, session_id))
    },

    async entriesAfter(session_id, after_seq, limit, maxChars = Infinity) {
      const window = { after_seq, limit, maxChars }
      const rows = await inOneView(db, (view) => readWindow(view, session_id, window))
      return rows.map(({ body }) => body)
    },

    async firstSeq(session_id) {
      return ((await truncationOf(db, session_id))?.seq ?? 0) + 1
    },

    async findCommand(session_id, command_id) {
      const entry = await findEntry(db, session_id, command_id)
      return entry ?? (await findReceipt(db, session_id, command_id))
    },
  }
}

/** All reads see one state of the database, so that the entries begin where the snapshot ends. */
function inOneView<T>(
  db: Kysely<JournalTables>,
  read: (view: Kysely<JournalTables>) => Promise<T>,
): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').execute(read)
}

type EntryWindow = { after_seq: number; limit: number; maxChars: number }

/** Segment by segment, until the entries have so many characters: of a window there may be 1 GB. */
async function readUntilFull(
  db: Kysely<JournalTables>,
  session_id: string,
  { after_seq, limit, maxChars }: EntryWindow,
): Promise<{ rows: PackedCommit[]; isFull: boolean }> {
  const rows: PackedCommit[] = []
  let chars = 0
  for (let at = after_seq; at < after_seq + limit;) {
    const window = { after_seq: at, limit: after_seq + limit - at, segments: 1 }
    const some = await readEntries(db, session_id, window)
    for (const row of some) {
      rows.push(row)
      chars += row.body.length
      if (chars >= maxChars) return { rows, isFull: true }
    }
    const last = some.at(-1)
    if (!last) break
    at = last.seq
  }
  return { rows, isFull: false }
}

/**
 * The entries with the `limit` seqs after `after_seq`: all that the session should have of them, or
 * as many as have `maxChars` characters.
 */
async function readWindow(
  db: Kysely<JournalTables>,
  session_id: string,
  window: EntryWindow,
): Promise<PackedCommit[]> {
  const { after_seq, limit, maxChars } = window
  const { rows, isFull } =
    maxChars === Infinity
      ? { rows: await readEntries(db, session_id, { after_seq, limit }), isFull: false }
      : await readUntilFull(db, session_id, window)
  if (isFull) return rows.filter(({ seq }) => seq <= after_seq + limit)
  const head = await readHead(db, session_id)
  const last = Math.min(head?.last_seq ?? 0, after_seq + limit)
  const found = rows.at(-1)?.seq ?? (await truncationOf(db, session_id))?.seq ?? 0
  if (Math.max(found, after_seq) < last) {
    throw damaged(session_id, Math.max(found, after_seq) + 1, 'is missing')
  }
  return rows.filter(({ seq }) => seq <= after_seq + limit)
}

async function loadSession(db: Kysely<JournalTables>, session_id: string) {
  const record = await readRecord(db, session_id)
  if (record === undefined) return undefined

  const snapshot = await readSnapshot(db, session_id)
  const after_seq = snapshot.state === 'whole' ? snapshot.seq : 0
  if (snapshot.state === 'damaged' && (await truncationOf(db, session_id)) !== undefined) {
    throw new StorageError(`Session ${session_id}: ${snapshot.damage}, and older entries are gone`)
  }
  const entries = await readEntries(db, session_id, { after_seq })
  await expectEnd(db, session_id, entries.at(-1)?.seq ?? after_seq)
  const receipts = await readReceipts(db, session_id, after_seq)
  return {
    record,
    snapshot: snapshot.state === 'whole' ? { seq: after_seq, parts: snapshot.parts } : null,
    entries: entries.map(({ body }) => body),
    receipts,
    ...(snapshot.state === 'damaged' ? { damage: snapshot.damage } : {}),
  }
}

/** Undefined also for an entry that was removed: its receipt answers. */
async function findEntry(
  db: Kysely<JournalTables>,
  session_id: string,
  command_id: string,
): Promise<StoredCommand | undefined> {
  const taken = await db
    .selectFrom('command_ids')
    .where('session_id', '=', session_id)
    .where('command_id', '=', command_id)
    .select('seq')
    .executeTakeFirst()
  if (typeof taken?.seq !== 'number') return undefined
  const { seq } = taken
  const [entry] = await readEntries(db, session_id, { after_seq: seq - 1, limit: 1 })
  if (entry?.command_id === command_id) {
    return { ...entry, ack: entry.ack === null ? null : parseAck(entry.ack) }
  }
  if (entry?.seq === seq) throw damaged(session_id, seq, 'is of another command')
  const removed = (await truncationOf(db, session_id))?.seq ?? 0
  if (seq > removed) throw damaged(session_id, seq, 'is missing')
  return undefined
}

async function findReceipt(
  db: Kysely<JournalTables>,
  session_id: string,
  command_id: string,
): Promise<StoredCommand | undefined> {
  const row = await db
    .selectFrom('receipts')
    .where('session_id', '=', session_id)
    .where('command_id', '=', command_id)
    .select(RECEIPT_COLUMNS)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { payload_hash, ack } = toReceipt(row)
  return { command_id, payload_hash, seq: ack.seq, body: null, ack }
}
