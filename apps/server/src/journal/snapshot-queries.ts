import type { Kysely } from 'kysely'
import { snapshotDigest } from './chain.js'
import { readHead } from './head-reading.js'
import { StorageError } from './journal.js'
import { assertSnapshotSeq } from './rules.js'
import type { JournalTables } from './schema.js'
import { readSnapshot, snapshotSeq } from './snapshot-reading.js'
import type { TableSteps } from './snapshot-steps.js'

/** Parts of an older snapshot that go at once: freeing their pages takes some milliseconds. */
const GOING = 8

/**
 * The parts of a new snapshot lie beside those of the one that counts, which `snapshot_heads`
 * names, until they are complete.
 */
export function snapshotQueries(db: Kysely<JournalTables>): TableSteps {
  return {
    async beginSnapshot(session_id, seq) {
      if ((await readHead(db, session_id)) === undefined) return false
      const current = await snapshotSeq(db, session_id)
      if (current !== undefined && current > seq) return false
      if (current === seq) {
        const { state } = await readSnapshot(db, session_id)
        if (state === 'whole') return false
      }
      // What is left of one that was never finished, or cannot be read.
      await db.transaction().execute(async (transaction) => {
        await remove(transaction, session_id, seq)
      })
      return true
    },

    async addSnapshotPart(session_id, { seq, part, body, isLast }) {
      if ((await readHead(db, session_id)) === undefined) return false
      const previous = part === 0 ? null : await digestOf(db, { session_id, seq, part: part - 1 })
      if (previous === undefined) {
        throw new StorageError(`Session ${session_id}: part ${part - 1} of a snapshot is missing`)
      }
      const digest = snapshotDigest(previous, { session_id, seq, body, isLast })
      await db.insertInto('snapshots').values({ session_id, seq, part, body, digest }).execute()
      return true
    },

    async endSnapshot(session_id, seq) {
      await db.transaction().execute(async (transaction) => {
        const head = await readHead(transaction, session_id)
        // The session was deleted while its snapshot was being written.
        if (head === undefined) return
        assertSnapshotSeq(seq, head.last_seq)
        await transaction
          .insertInto('snapshot_heads')
          .values({ session_id, seq })
          .onConflict((conflict) =>
            conflict
              .column('session_id')
              .doUpdateSet({ seq })
              .where('snapshot_heads.seq', '<', seq),
          )
          .execute()
      })
    },

    async abandonSnapshot(session_id, seq) {
      if ((await snapshotSeq(db, session_id)) === seq) return
      await remove(db, session_id, seq)
    },

    async removeOldParts(session_id) {
      const seq = (await snapshotSeq(db, session_id)) ?? 0
      const old = await db
        .selectFrom('snapshots')
        .where('session_id', '=', session_id)
        .where('seq', '<', seq)
        .select(['seq', 'part'])
        .limit(GOING)
        .execute()
      await db.transaction().execute(async (transaction) => {
        for (const { seq, part } of old) {
          await transaction
            .deleteFrom('snapshots')
            .where('session_id', '=', session_id)
            .where('seq', '=', seq)
            .where('part', '=', part)
            .execute()
        }
      })
      return old.length === GOING
    },
  }
}

type PartKey = { session_id: string; seq: number; part: number }

async function digestOf(db: Kysely<JournalTables>, { session_id, seq, part }: PartKey) {
  const row = await db
    .selectFrom('snapshots')
    .where('session_id', '=', session_id)
    .where('seq', '=', seq)
    .where('part', '=', part)
    .select('digest')
    .executeTakeFirst()
  return row?.digest
}

/** Removes the snapshot at a seq, whatever there is of it. */
async function remove(db: Kysely<JournalTables>, session_id: string, seq: number): Promise<void> {
  for (const table of ['snapshot_heads', 'snapshots'] as const) {
    await db.deleteFrom(table).where('session_id', '=', session_id).where('seq', '=', seq).execute()
  }
}
