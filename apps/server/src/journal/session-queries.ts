import { sql, type Kysely } from 'kysely'
import { genesis } from './chain.js'
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
    async createSession(record, owner) {
      return await db.transaction().execute(async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('sessions')
          .values(record)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows !== 1n) return 'exists'
        await transaction.insertInto('heads').values(firstHead(record.session_id)).execute()
        const { session_id } = record
        if (owner)
          await transaction
            .insertInto('members')
            .values({ session_id, ...owner })
            .execute()
        return 'created'
      })
    },

    async listSessions() {
      const rows = await db
        .selectFrom('sessions')
        .select(SESSION_COLUMNS)
        .select((sessions) =>
          sessions
            .selectFrom('heads')
            .whereRef('heads.session_id', '=', 'sessions.session_id')
            .select('heads.last_seq')
            .as('seq'),
        )
        .orderBy('created_at')
        .orderBy('session_id')
        .execute()
      return rows.map((row) => ({ ...row, seq: row.seq ?? 0 }))
    },

    async deleteSession(session_id) {
      // Its head, entries, receipts and snapshots go with it: their foreign keys cascade.
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('session_id', '=', session_id)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}

/** Groups that are staged may be of a deleted session of that id: this one begins after them. */
function firstHead(session_id: string) {
  return {
    session_id,
    last_seq: 0,
    digest: genesis(session_id),
    last_ordinal: 0,
    staged_id: sql<number>`(select coalesce(max(id), 0) from staged)`,
  }
}
