import type { Kysely } from 'kysely'
import { snapshotDigests } from './chain.js'
import { readHead } from './head-reading.js'
import type { Journal } from './journal.js'
import { assertSnapshot } from './rules.js'
import type { JournalTables } from './schema.js'

export type SnapshotQueries = Pick<Journal, 'writeSnapshot'>

export function snapshotQueries(db: Kysely<JournalTables>): SnapshotQueries {
  return {
    async writeSnapshot(session_id, seq, parts) {
      await db.transaction().execute(async (transaction) => {
        const head = await readHead(transaction, session_id)
        // The session was deleted while its snapshot was being made.
        if (head === undefined) return
        assertSnapshot(seq, parts, head.last_seq)
        if (await hasNewerSnapshot(transaction, session_id, seq)) return
        await replaceSnapshot(transaction, { session_id, seq, parts })
      })
    },
  }
}

async function hasNewerSnapshot(db: Kysely<JournalTables>, session_id: string, seq: number) {
  const newer = await db
    .selectFrom('snapshots')
    .where('session_id', '=', session_id)
    .where('seq', '>', seq)
    .select('seq')
    .executeTakeFirst()
  return newer !== undefined
}

async function replaceSnapshot(
  db: Kysely<JournalTables>,
  { session_id, seq, parts }: { session_id: string; seq: number; parts: string[] },
) {
  await db.deleteFrom('snapshots').where('session_id', '=', session_id).execute()
  const digests = snapshotDigests(session_id, seq, parts)
  for (const [part, body] of parts.entries()) {
    const digest = digests[part] ?? ''
    await db.insertInto('snapshots').values({ session_id, seq, part, body, digest }).execute()
  }
}
