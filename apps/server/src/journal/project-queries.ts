import type { Kysely } from 'kysely'
import type { Journal } from './journal.js'
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
          .values(project)
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
      return await db
        .selectFrom('projects')
        .where('project_id', '=', project_id)
        .select([...LISTED_COLUMNS, 'envelope'])
        .executeTakeFirst()
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
        const { numUpdatedRows } = await transaction
          .updateTable('projects')
          .set({ saved_at, saved_seq })
          .where('project_id', '=', project_id)
          .executeTakeFirstOrThrow()
        if (numUpdatedRows === 0n) return false
        await replaceDocument(transaction, project_id, document)
        return true
      })
    },

    async savedDocument(project_id) {
      const parts = await db
        .selectFrom('projects')
        .leftJoin('project_documents', 'project_documents.project_id', 'projects.project_id')
        .where('projects.project_id', '=', project_id)
        .where('saved_at', 'is not', null)
        .select('body')
        .orderBy('part')
        .execute()
      if (parts.length === 0) return undefined
      return parts.flatMap(({ body }) => (body === null ? [] : [body]))
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

async function replaceDocument(db: Kysely<JournalTables>, project_id: string, document: string[]) {
  await db.deleteFrom('project_documents').where('project_id', '=', project_id).execute()
  for (const [part, body] of document.entries()) {
    await db.insertInto('project_documents').values({ project_id, part, body }).execute()
  }
}
