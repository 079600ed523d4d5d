import type { Journal, ProjectListing, ProjectRecord } from '../journal.js'
import type { PostgresDatabase } from './connection.js'
import { discardText, partsOf, writeText } from './history.js'
import { listOf, lockId, release } from './sessions.js'

const LISTED = 'project_id, project_name, template_id, session_id, created_at, saved_at, saved_seq'

/** All columns of a project except its document. */
export const PROJECT = `${LISTED}, envelope`

type Projects = Pick<
  Journal,
  | 'createProject'
  | 'getProject'
  | 'findProject'
  | 'listProjects'
  | 'saveProject'
  | 'savedDocument'
  | 'deleteProject'
>

export function projectsOf(database: PostgresDatabase): Projects {
  const { query } = database
  return {
    createProject: (project) =>
      database.transaction(async (within) => {
        const { project_id, project_name, template_id, session_id, created_at } = project
        const { saved_at, saved_seq, envelope } = project
        await lockId(within, session_id)
        const made = await within(
          `insert into talus.projects (${PROJECT})
          values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning 1`,
          [
            project_id,
            project_name,
            template_id,
            session_id,
            created_at,
            saved_at,
            saved_seq,
            envelope,
          ],
        )
        if (made.length === 0) throw new Error(`Project ${project_id} exists already`)
        const point = 'update talus.sessions set project_id = $1 where session_id = $2'
        await within(point, [project_id, session_id])
      }),

    async getProject(project_id) {
      const sql = `select ${PROJECT} from talus.projects where project_id = $1`
      return (await query<ProjectRecord>(sql, [project_id]))[0]
    },

    async findProject(project_id) {
      const sql = `select ${LISTED} from talus.projects where project_id = $1`
      return (await query<ProjectListing>(sql, [project_id]))[0]
    },

    listProjects(page) {
      const wanted = { table: 'projects', key: 'project_id', columns: LISTED } as const
      return listOf<ProjectListing>(query, { ...wanted, ...(page && { page }) })
    },

    async saveProject(project_id, { saved_at, saved_seq, document }) {
      const { text } = await writeText(query, document)
      let isHeld = false
      try {
        isHeld = await database.transaction(async (within) => {
          const [row] = await within<{ document: number | null }>(
            'select document from talus.projects where project_id = $1 for update',
            [project_id],
          )
          if (!row) return false
          await within('delete from talus.loose where text = $1', [text])
          await release(within, row.document)
          await within(
            `update talus.projects set saved_at = $1, saved_seq = $2, document = $3
            where project_id = $4`,
            [saved_at, saved_seq, text, project_id],
          )
          return true
        })
        return isHeld
      } finally {
        if (!isHeld) await discardText(query, text)
      }
    },

    savedDocument: (project_id) =>
      database.view(async (within) => {
        const sql = 'select document from talus.projects where project_id = $1'
        const [row] = await within<{ document: number | null }>(sql, [project_id])
        return row?.document ? await partsOf(within, row.document) : undefined
      }),

    deleteProject: (project_id) =>
      database.transaction(async (within) => {
        const point = 'update talus.sessions set project_id = null where project_id = $1'
        await within(point, [project_id])
        const gone = await within<{ document: number | null }>(
          'delete from talus.projects where project_id = $1 returning document',
          [project_id],
        )
        for (const { document } of gone) await release(within, document)
        return gone.length > 0
      }),
  }
}
