import { sql, type Kysely } from 'kysely'
import { damaged } from '../journal/damage.js'
import { readEntries, truncationOf } from '../journal/entry-reading.js'
import { expectEnd, readHead } from '../journal/head-reading.js'
import { StorageError } from '../journal/journal.js'
import { readReceipts } from '../journal/receipt-reading.js'
import type { JournalTables } from '../journal/schema.js'
import { readRecord } from '../journal/session-queries.js'
import { readSnapshot, type SnapshotReading } from '../journal/snapshot-reading.js'
import { Replay } from '../sessions/replay.js'
import { restored } from '../sessions/snapshot.js'
import { isMachineFailure } from './failure.js'
import { sameState } from './same-state.js'

/** Entries that are read at a time. */
const PAGE = 500

/** What is found of one session: how far it goes, and the first thing that is wrong with it. */
export type SessionVerdict = { session_id: string; seq: number; damage: string | null }

/**
 * Replays a session from the first entry that is kept: digests, order, whether every change fits
 * the graph, and whether its snapshot is what the entries before it make.
 */
export async function verifySession(
  db: Kysely<JournalTables>,
  session_id: string,
): Promise<SessionVerdict> {
  const progress = { seq: 0 }
  try {
    await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((view) => replayAll(view, session_id, progress))
    return { session_id, seq: progress.seq, damage: null }
  } catch (error) {
    if (!(error instanceof StorageError) || isMachineFailure(error)) throw error
    return { session_id, seq: progress.seq, damage: error.message }
  }
}

async function replayAll(
  db: Kysely<JournalTables>,
  session_id: string,
  progress: { seq: number },
): Promise<void> {
  await readRecord(db, session_id)
  const snapshot = await readSnapshot(db, session_id)
  if (snapshot.state === 'damaged') {
    throw new StorageError(`Session ${session_id}: ${snapshot.damage}`)
  }
  let at = (await truncationOf(db, session_id))?.seq ?? 0
  const replay = await beginning(db, session_id, at > 0 ? snapshot : { state: 'none' })
  for (let more = true; more;) {
    const entries = await readEntries(db, session_id, { after_seq: at, limit: PAGE })
    for (const { seq, body } of entries) {
      if (seq > replay.state.seq) take(session_id, seq, () => replay.take(body))
      compare(session_id, snapshot, replay)
      at = seq
      progress.seq = seq
    }
    await expectIds(db, session_id, entries)
    more = entries.length === PAGE
  }
  const expected = snapshot.state === 'whole' ? snapshot.seq : 0
  if (at < expected) throw damaged(session_id, at + 1, 'is missing')
  await expectEnd(db, session_id, at)
  await expectReceiptIds(db, session_id)
}

type Numbered = { seq: number; command_id: string }

/** By its id a command is known when it is sent again: each has to lead to its entry (rule IDEM1). */
async function expectIds(
  db: Kysely<JournalTables>,
  session_id: string,
  entries: readonly Numbered[],
): Promise<void> {
  const last_seq = (await readHead(db, session_id))?.last_seq ?? 0
  // Ids of what is staged are in no table yet.
  const settled = entries.filter(({ seq }) => seq <= last_seq)
  const [first] = settled
  if (first === undefined) return
  const ids = JSON.stringify(settled.map(({ command_id }) => command_id))
  const { rows } = await sql<{ key: number }>`
    select wanted.key from json_each(${ids}) wanted
    where not exists (select 1 from command_ids taken where taken.session_id = ${session_id}
      and taken.command_id = wanted.value and taken.seq = ${first.seq} + wanted.key)
    limit 1`.execute(db)
  const [lost] = rows
  if (lost) throw damaged(session_id, first.seq + lost.key, 'is not found by its command')
}

async function expectReceiptIds(db: Kysely<JournalTables>, session_id: string): Promise<void> {
  const { rows } = await sql<{ after_seq: number }>`
    select kept.after_seq from main.receipts kept where kept.session_id = ${session_id}
    and not exists (select 1 from command_ids taken
      where taken.session_id = kept.session_id and taken.command_id = kept.command_id)
    limit 1`.execute(db)
  const [lost] = rows
  if (lost === undefined) return
  const place = `Session ${session_id}: a receipt after seq ${lost.after_seq}`
  throw new StorageError(`${place} is not found by its command`)
}

/** What was removed cannot be replayed: then the snapshot is where the state begins. */
async function beginning(
  db: Kysely<JournalTables>,
  session_id: string,
  base: SnapshotReading,
): Promise<Replay> {
  const receipts = await readReceipts(db, session_id, 0)
  if (base.state !== 'whole') return new Replay(restored(null), receipts)
  const later = receipts.filter(({ after_seq }) => after_seq >= base.seq)
  return new Replay(restored(base), later)
}

function take(session_id: string, seq: number, apply: () => void): void {
  try {
    apply()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const place = `Session ${session_id}: the entry at seq ${seq}`
    throw new StorageError(`${place} does not fit what came before: ${reason}`, { cause })
  }
}

function compare(session_id: string, snapshot: SnapshotReading, { state }: Replay): void {
  if (snapshot.state !== 'whole' || snapshot.seq !== state.seq) return
  if (sameState(state, restored(snapshot))) return
  throw new StorageError(
    `Session ${session_id}: the snapshot at seq ${snapshot.seq} is not what the entries make`,
  )
}
