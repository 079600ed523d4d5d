import type { Kysely } from 'kysely'
import type { Journal } from './journal.js'
import type { JournalTables } from './schema.js'

export type SessionQueries = Pick<Journal, 'createSession' | 'listSessions' | 'deleteSession'>

export function sessionQueries(db: Kysely<JournalTables>): SessionQueries {
  return {
    async createSession(record) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('sessions')
        .values(record)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n ? 'created' : 'exists'
    },

    async listSessions() {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .select((sessions) =>
          sessions
            .selectFrom('entries')
            .whereRef('entries.session_id', '=', 'sessions.session_id')
            .select(({ fn }) => fn.max('entries.seq').as('max'))
            .as('seq'),
        )
        .orderBy('created_at')
        .orderBy('session_id')
        .execute()
      return rows.map((row) => ({ ...row, seq: row.seq ?? 0 }))
    },

    async deleteSession(session_id) {
      // Entries, receipts and snapshots go with it: their foreign keys cascade.
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('session_id', '=', session_id)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
