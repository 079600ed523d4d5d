import { sql, type Kysely } from 'kysely'
import { genesis, recordDigest } from './chain.js'
import { StorageError, type Journal, type SessionRecord } from './journal.js'
import { listOf } from './list-queries.js'
import type { JournalTables } from './schema.js'

export const SESSION_COLUMNS = [
  'session_id',
  'epoch',
  'template_id',
  'project_id',
  'created_at',
] as const

export type SessionQueries = Pick<
  Journal,
  'createSession' | 'findSession' | 'listSessions' | 'countCreated' | 'deleteSession'
>

export function sessionQueries(db: Kysely<JournalTables>): SessionQueries {
  return {
    async createSession(record, owner) {
      return await db.transaction().execute(async (transaction) => {
        if (owner && (await isReserved(transaction, record))) return 'reserved'
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('sessions')
          .values({
            ...record,
            created_by: owner?.actor_id ?? null,
            digest: recordDigest(record),
          })
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

    async findSession(session_id) {
      const row = await sessionsWithSeq(db)
        .where('sessions.session_id', '=', session_id)
        .executeTakeFirst()
      return row && { ...row, seq: row.seq ?? 0 }
    },

    async listSessions(page) {
      const rows = await listOf(sessionsWithSeq(db), { table: 'sessions', key: 'session_id', page })
      return rows.map((row) => ({ ...row, seq: row.seq ?? 0 }))
    },

    async countCreated(actor_id) {
      const { count } = await db
        .selectFrom('sessions')
        .where('created_by', '=', actor_id)
        .select((sessions) => sessions.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
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

/** Undefined: there is no such session. Throws `StorageError` when its row is damaged. */
export async function readRecord(
  db: Kysely<JournalTables>,
  session_id: string,
): Promise<SessionRecord | undefined> {
  const row = await db
    .selectFrom('sessions')
    .where('session_id', '=', session_id)
    .select([...SESSION_COLUMNS, 'digest'])
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { digest, ...record } = row
  if (digest === recordDigest(record)) return record
  throw new StorageError(`Session ${session_id}: its epoch, template or date is damaged`)
}

function sessionsWithSeq(db: Kysely<JournalTables>) {
  return db
    .selectFrom('sessions')
    .select(SESSION_COLUMNS)
    .select((sessions) =>
      sessions
        .selectFrom('heads')
        .whereRef('heads.session_id', '=', 'sessions.session_id')
        .select('heads.last_seq')
        .as('seq'),
    )
}

/** Whether another project than the session's own goes by the roles of a session of this id. */
async function isReserved(
  db: Kysely<JournalTables>,
  { session_id, project_id }: SessionRecord,
): Promise<boolean> {
  const bound = await db
    .selectFrom('projects')
    .where('session_id', '=', session_id)
    .where('project_id', '!=', project_id ?? '')
    .select('project_id')
    .executeTakeFirst()
  return bound !== undefined
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
