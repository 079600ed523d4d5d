import type { Kysely } from 'kysely'
import { documentDigest, projectDigest } from './chain.js'
import { StorageError, type Journal, type ProjectRecord } from './journal.js'
import { listOf } from './list-queries.js'
import type { JournalTables } from './schema.js'

const LISTED_COLUMNS = [
  'project_id',
  'project_name',
  'template_id',
  'session_id',
  'created_at',
  'saved_at',
  'saved_seq',
] as const

export type ProjectQueries = Pick<
  Journal,
  | 'createProject'
  | 'getProject'
  | 'findProject'
  | 'listProjects'
  | 'saveProject'
  | 'savedDocument'
  | 'deleteProject'
>

export function projectQueries(db: Kysely<JournalTables>): ProjectQueries {
  return {
    async createProject(project) {
      const { project_id, session_id } = project
      await db.transaction().execute(async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('projects')
          .values({ ...project, digest: projectDigest(project, 0) })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows === 0n) throw new Error(`Project ${project_id} exists already`)
        await transaction
          .updateTable('sessions')
          .set({ project_id })
          .where('session_id', '=', session_id)
          .execute()
      })
    },

    async getProject(project_id) {
      return await readProject(db, project_id)
    },

    async findProject(project_id) {
      return await db
        .selectFrom('projects')
        .where('project_id', '=', project_id)
        .select(LISTED_COLUMNS)
        .executeTakeFirst()
    },

    async listProjects(page) {
      const listed = db.selectFrom('projects').select(LISTED_COLUMNS)
      return await listOf(listed, { table: 'projects', key: 'project_id', page })
    },

    async saveProject(project_id, { saved_at, saved_seq, document }) {
      return await db.transaction().execute(async (transaction) => {
        const project = await readProject(transaction, project_id)
        if (project === undefined) return false
        const saved = { ...project, saved_at, saved_seq }
        await transaction
          .updateTable('projects')
          .set({ saved_at, saved_seq, digest: projectDigest(saved, document.length) })
          .where('project_id', '=', project_id)
          .execute()
        await replaceDocument(transaction, { project_id, saved_seq }, document)
        return true
      })
    },

    async savedDocument(project_id) {
      const project = await readProject(db, project_id)
      if (project === undefined || project.saved_at === null) return undefined
      return await readDocument(db, project)
    },

    async deleteProject(project_id) {
      return await db.transaction().execute(async (transaction) => {
        await transaction
          .updateTable('sessions')
          .set({ project_id: null })
          .where('project_id', '=', project_id)
          .execute()
        const { numDeletedRows } = await transaction
          .deleteFrom('projects')
          .where('project_id', '=', project_id)
          .executeTakeFirstOrThrow()
        return numDeletedRows > 0n
      })
    },
  }
}

/** Undefined if there is none. Throws `StorageError` when it is not as it was written. */
async function readProject(
  db: Kysely<JournalTables>,
  project_id: string,
): Promise<ProjectRecord | undefined> {
  const row = await db
    .selectFrom('projects')
    .where('project_id', '=', project_id)
    .select([...LISTED_COLUMNS, 'envelope', 'digest'])
    .select((projects) =>
      projects
        .selectFrom('project_documents')
        .whereRef('project_documents.project_id', '=', 'projects.project_id')
        .select(({ fn }) => fn.countAll<number>().as('parts'))
        .as('parts'),
    )
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { digest, parts, ...project } = row
  if (projectDigest(project, parts ?? 0) === digest) return project
  throw new StorageError(`Project ${project_id} is damaged`)
}

/** Throws `StorageError` with the part that is damaged. */
async function readDocument(
  db: Kysely<JournalTables>,
  { project_id, saved_seq }: ProjectRecord,
): Promise<string[]> {
  const rows = await db
    .selectFrom('project_documents')
    .where('project_id', '=', project_id)
    .select(['part', 'body', 'digest'])
    .orderBy('part')
    .execute()
  return rows.map(({ part, body, digest }) => {
    if (documentDigest(project_id, { saved_seq, part, body }) === digest) return body
    throw new StorageError(`Project ${project_id}: the saved document is damaged in part ${part}`)
  })
}

/** Where a project or its saved document is damaged; null when both are whole. */
export async function projectDamage(
  db: Kysely<JournalTables>,
  project_id: string,
): Promise<string | null> {
  try {
    const project = await readProject(db, project_id)
    if (project) await readDocument(db, project)
    return null
  } catch (error) {
    if (error instanceof StorageError) return error.message
    throw error
  }
}

type Saved = { project_id: string; saved_seq: number | null }

async function replaceDocument(
  db: Kysely<JournalTables>,
  { project_id, saved_seq }: Saved,
  document: string[],
) {
  await db.deleteFrom('project_documents').where('project_id', '=', project_id).execute()
  for (const [part, body] of document.entries()) {
    await db
      .insertInto('project_documents')
      .values({
        project_id,
        part,
        body,
        digest: documentDigest(project_id, { saved_seq, part, body }),
      })
      .execute()
  }
}
