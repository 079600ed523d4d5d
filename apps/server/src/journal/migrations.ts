import { Migrator, type Kysely, type Migration } from 'kysely'
import { addDigests } from './migration-digests.js'
import { addIntegrity } from './migration-integrity.js'
import { addLists } from './migration-lists.js'
import { addMembers } from './migration-members.js'
import { addSegments } from './migration-segments.js'
import { addSnapshotHeads } from './migration-snapshots.js'
import { addStaging } from './migration-staging.js'
import type { JournalTables } from './schema.js'

/**
 * Every version of the schema, oldest first by name. One that has been released never changes.
 * Types are those that SQLite and PostgreSQL share; `integer` holds 2^31 entries per session.
 */
export const MIGRATIONS: Record<string, Migration> = {
  '0001_journal': { up: createJournal },
  '0002_integrity': { up: addIntegrity },
  '0003_staging': { up: addStaging },
  '0004_members': { up: addMembers },
  '0005_snapshot_heads': { up: addSnapshotHeads },
  '0006_segments': { up: addSegments },
  '0007_lists': { up: addLists },
  '0008_digests': { up: addDigests },
}

async function createJournal(db: Kysely<JournalTables>): Promise<void> {
  await createSessions(db)
  await createHistory(db)
  await createProjects(db)
}

async function createSessions(db: Kysely<JournalTables>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('session_id', 'text', (column) => column.primaryKey())
    .addColumn('epoch', 'text', (column) => column.notNull())
    .addColumn('template_id', 'text')
    .addColumn('project_id', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute()
  // Deleting a project looks for the session that points at it.
  await db.schema.createIndex('sessions_project_id').on('sessions').column('project_id').execute()
}

async function createHistory(db: Kysely<JournalTables>): Promise<void> {
  await db.schema
    .createTable('entries')
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('command_id', 'text', (column) => column.notNull())
    .addColumn('payload_hash', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('ack', 'text')
    .addPrimaryKeyConstraint('entries_pk', ['session_id', 'seq'])
    .addUniqueConstraint('entries_command_id', ['session_id', 'command_id'])
    .execute()
  await db.schema
    .createTable('receipts')
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('command_id', 'text', (column) => column.notNull())
    .addColumn('ordinal', 'integer', (column) => column.notNull())
    .addColumn('payload_hash', 'text', (column) => column.notNull())
    .addColumn('after_seq', 'integer', (column) => column.notNull())
    .addColumn('ack', 'text', (column) => column.notNull())
    .addColumn('consumes', 'text')
    .addPrimaryKeyConstraint('receipts_pk', ['session_id', 'command_id'])
    .addUniqueConstraint('receipts_ordinal', ['session_id', 'ordinal'])
    .execute()
  await db.schema
    .createTable('snapshots')
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('part', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('snapshots_pk', ['session_id', 'seq', 'part'])
    .execute()
}

async function createProjects(db: Kysely<JournalTables>): Promise<void> {
  // No foreign key to the session: a project outlives the session in which it was edited.
  await db.schema
    .createTable('projects')
    .addColumn('project_id', 'text', (column) => column.primaryKey())
    .addColumn('project_name', 'text', (column) => column.notNull())
    .addColumn('template_id', 'text')
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('saved_at', 'text')
    .addColumn('saved_seq', 'integer')
    .addColumn('envelope', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('project_documents')
    .addColumn('project_id', 'text', (column) =>
      column.notNull().references('projects.project_id').onDelete('cascade'),
    )
    .addColumn('part', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('project_documents_pk', ['project_id', 'part'])
    .execute()
}

/** Brings the schema up to date. Throws when the database is newer than this code. */
export async function migrate(db: Kysely<JournalTables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
