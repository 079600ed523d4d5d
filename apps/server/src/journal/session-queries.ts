import type { Kysely } from 'kysely'
import type { Journal } from './journal.js'
import type { JournalTables } from './schema.js'
import { text, textOrNull } from './text-column.js'

export const SESSION_COLUMNS = [
  text('session_id'),
  text('epoch'),
  textOrNull('template_id'),
  textOrNull('project_id'),
  text('created_at'),
] as const

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
        .select(SESSION_COLUMNS)
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
