import { sql, type Kysely } from 'kysely'
import type { JournalTables } from './schema.js'

/** Who created a session, and indexes for lists: by age, by creator, and projects by session. */
export async function addLists(db: Kysely<JournalTables>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('created_by', 'text').execute()
  // The creator is the one member that nobody else has added.
  await sql`
    update sessions set created_by = (
      select min(actor_id) from members
      where members.session_id = sessions.session_id and actor_id = added_by)`.execute(db)
  await db.schema.createIndex('sessions_created_by').on('sessions').column('created_by').execute()
  await db.schema
    .createIndex('sessions_created_at')
    .on('sessions')
    .columns(['created_at', 'session_id'])
    .execute()
  await db.schema
    .createIndex('projects_created_at')
    .on('projects')
    .columns(['created_at', 'project_id'])
    .execute()
  await db.schema.createIndex('projects_session_id').on('projects').column('session_id').execute()
}
