import type { Kysely } from 'kysely'
import type { JournalTables } from './schema.js'

/** Names the snapshot that counts, so that the next one can be written beside it. */
export async function addSnapshotHeads(db: Kysely<JournalTables>): Promise<void> {
  await db.schema
    .createTable('snapshot_heads')
    .addColumn('session_id', 'text', (column) =>
      column.primaryKey().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('seq', 'integer', (column) => column.notNull())
    .execute()
  await db
    .insertInto('snapshot_heads')
    .columns(['session_id', 'seq'])
    .expression((from) =>
      from
        .selectFrom('snapshots')
        .select(({ fn }) => ['session_id', fn.max<number>('seq').as('seq')])
        .groupBy('session_id'),
    )
    .execute()
}
