import { sql, type Kysely } from 'kysely'
import { genesis } from './chain.js'
import type { FormerTables } from './migration-segments.js'

/** Groups that are durable and not in their tables yet, and where each session's rows end. */
export async function addStaging(db: Kysely<FormerTables>): Promise<void> {
  await db.schema
    .createTable('staged')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('heads')
    .addColumn('session_id', 'text', (column) =>
      column.primaryKey().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('last_seq', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('last_ordinal', 'integer', (column) => column.notNull())
    .addColumn('staged_id', 'integer', (column) => column.notNull())
    .execute()
  const sessions = await db.selectFrom('sessions').select('session_id').execute()
  for (const { session_id } of sessions) await addHead(db, session_id)
}

async function addHead(db: Kysely<FormerTables>, session_id: string): Promise<void> {
  const last = await db
    .selectFrom('entries')
    .where('session_id', '=', session_id)
    .select(['seq', 'digest'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  const receipt = await db
    .selectFrom('receipts')
    .where('session_id', '=', session_id)
    .select(sql<number | null>`max(ordinal)`.as('last'))
    .executeTakeFirst()
  await db
    .insertInto('heads')
    .values({
      session_id,
      last_seq: last?.seq ?? 0,
      digest: last?.digest ?? genesis(session_id),
      last_ordinal: receipt?.last ?? 0,
      staged_id: 0,
    })
    .execute()
}
