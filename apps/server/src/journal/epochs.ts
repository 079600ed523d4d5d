import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordDigest } from './chain.js'
import type { JournalTables } from './schema.js'

/**
 * Gives every session a new epoch: clients may have seen entries that this database does not have
 * (rule SYNC3).
 */
export async function renewEpochs(
  db: Kysely<JournalTables>,
  newId: () => string = randomUUID,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const sessions = await transaction.selectFrom('sessions').selectAll().execute()
    for (const session of sessions) {
      const epoch = newId()
      await transaction
        .updateTable('sessions')
        .set({ epoch, digest: recordDigest({ ...session, epoch }) })
        .where('session_id', '=', session.session_id)
        .execute()
    }
  })
}
