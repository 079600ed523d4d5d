import type { Kysely } from 'kysely'
import { documentDigest, projectDigest, recordDigest } from './chain.js'
import type { JournalTables } from './schema.js'

/** Digests of what sessions and projects are, and of saved documents. */
export async function addDigests(db: Kysely<JournalTables>): Promise<void> {
  for (const table of ['sessions', 'projects', 'project_documents'] as const) {
    await db.schema
      .alterTable(table)
      .addColumn('digest', 'text', (column) => column.notNull().defaultTo(''))
      .execute()
  }
  for (const session of await db.selectFrom('sessions').selectAll().execute()) {
    await db
      .updateTable('sessions')
      .set({ digest: recordDigest(session) })
      .where('session_id', '=', session.session_id)
      .execute()
  }
  const projects = await db.selectFrom('projects').selectAll().execute()
  for (const project of projects) {
    await db
      .updateTable('projects')
      .set({ digest: projectDigest(project, await addToDocument(db, project)) })
      .where('project_id', '=', project.project_id)
      .execute()
  }
}

type Saved = { project_id: string; saved_seq: number | null }

/** Part by part, as documents are large; gives how many parts there are. */
async function addToDocument(
  db: Kysely<JournalTables>,
  { project_id, saved_seq }: Saved,
): Promise<number> {
  const parts = await db
    .selectFrom('project_documents')
    .where('project_id', '=', project_id)
    .select('part')
    .execute()
  for (const { part } of parts) {
    const { body } = await db
      .selectFrom('project_documents')
      .where('project_id', '=', project_id)
      .where('part', '=', part)
      .select('body')
      .executeTakeFirstOrThrow()
    await db
      .updateTable('project_documents')
      .set({ digest: documentDigest(project_id, { saved_seq, part, body }) })
      .where('project_id', '=', project_id)
      .where('part', '=', part)
      .execute()
  }
  return parts.length
}
