import type { Kysely } from 'kysely'
import { snapshotDigests } from './chain.js'
import type { JournalTables } from './schema.js'
import { messageOf } from './sqlite-error.js'
import { text } from './text-column.js'

/** A session's snapshot; `damaged` says what is wrong with it, and at which seq it is. */
export type SnapshotReading =
  | { state: 'none' }
  | { state: 'whole'; seq: number; parts: string[] }
  | { state: 'damaged'; damage: string }

export async function readSnapshot(
  db: Kysely<JournalTables>,
  session_id: string,
): Promise<SnapshotReading> {
  const query = db
    .selectFrom('snapshots')
    .where('session_id', '=', session_id)
    .select(['seq', 'part', text('body'), text('digest')])
    .orderBy('part')
  try {
    const rows = await query.execute()
    const [first] = rows
    if (first === undefined) return { state: 'none' }
    const { seq } = first
    const parts = rows.map(({ body }) => body)
    const digests = snapshotDigests(session_id, seq, parts)
    const at = rows.findIndex(
      (row, i) => row.seq !== seq || row.part !== i || row.digest !== digests[i],
    )
    if (at < 0) return { state: 'whole', seq, parts }
    return { state: 'damaged', damage: `the snapshot at seq ${seq} is damaged in part ${at}` }
  } catch (cause) {
    // Unreadable is a kind of damage: the entries may still be whole.
    return { state: 'damaged', damage: `the snapshot cannot be read: ${messageOf(cause)}` }
  }
}
