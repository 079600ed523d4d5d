import type { Kysely } from 'kysely'
import { snapshotDigests } from './chain.js'
import type { JournalTables } from './schema.js'
import { messageOf } from './sqlite-error.js'

/** A session's snapshot; `damaged` says what is wrong with it, and at which seq it is. */
export type SnapshotReading =
  | { state: 'none' }
  | { state: 'whole'; seq: number; parts: string[] }
  | { state: 'damaged'; damage: string }

/** Where the session's snapshot is; undefined when it has none. */
export async function snapshotSeq(
  db: Kysely<JournalTables>,
  session_id: string,
): Promise<number | undefined> {
  const head = await db
    .selectFrom('snapshot_heads')
    .where('session_id', '=', session_id)
    .select('seq')
    .executeTakeFirst()
  return head?.seq
}

export async function readSnapshot(
  db: Kysely<JournalTables>,
  session_id: string,
): Promise<SnapshotReading> {
  try {
    const seq = await snapshotSeq(db, session_id)
    if (seq === undefined) return { state: 'none' }
    const rows = await db
      .selectFrom('snapshots')
      .where('session_id', '=', session_id)
      .where('seq', '=', seq)
      .select(['part', 'body', 'digest'])
      .orderBy('part')
      .execute()
    const parts = rows.map(({ body }) => body)
    const digests = snapshotDigests(session_id, seq, parts)
    const wrong = rows.findIndex((row, i) => row.part !== i || row.digest !== digests[i])
    if (wrong < 0 && rows.length > 0) return { state: 'whole', seq, parts }
    const at = Math.max(wrong, 0)
    return { state: 'damaged', damage: `the snapshot at seq ${seq} is damaged in part ${at}` }
  } catch (cause) {
    // Unreadable is a kind of damage: the entries may still be whole.
    return { state: 'damaged', damage: `the snapshot cannot be read: ${messageOf(cause)}` }
  }
}
