import type { Kysely } from 'kysely'
import type { JournalTables } from './schema.js'

/** Who may do what in a session, and the links that give a role in it. */
export async function addMembers(db: Kysely<JournalTables>): Promise<void> {
  await db.schema
    .createTable('members')
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('actor_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('added_at', 'text', (column) => column.notNull())
    .addColumn('added_by', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('members_pk', ['session_id', 'actor_id'])
    .execute()
  await db.schema.createIndex('members_actor_id').on('members').column('actor_id').execute()
  await db.schema
    .createTable('share_links')
    .addColumn('link_id', 'text', (column) => column.primaryKey())
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('share_links_session_id')
    .on('share_links')
    .column('session_id')
    .execute()
}
