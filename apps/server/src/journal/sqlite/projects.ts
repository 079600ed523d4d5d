import {
  DamagedError,
  StorageError,
  type ListPage,
  type ProjectListing,
  type ProjectRecord,
} from '../journal.js'
import { projectDigest } from './chain.js'
import type { SqliteDatabase } from './database.js'
import type { ProjectRow } from './schema.js'
import { listOf } from './sessions.js'
import { aboutDocument, expectText, PartDamaged, type TextRef, type Texts } from './texts.js'

const LISTED = 'project_id, project_name, template_id, session_id, created_at, saved_at, saved_seq'

/** What is saved of a project; `document` is written already. */
export type SavedProject = { saved_at: string; saved_seq: number; document: TextRef }

export function projectReads(database: SqliteDatabase) {
  const { prepare } = database
  return {
    /** Undefined if there is none. Throws `DamagedError` when it is not as it was written. */
    getProject(project_id: string): ProjectRecord | undefined {
      const row = readRow(database, project_id)
      if (!row) return undefined
      const { document_text: _, document_digest: __, digest: ___, ...project } = row
      return project
    },

    findProject(project_id: string): ProjectListing | undefined {
      const row = prepare(`select ${LISTED} from projects where project_id = ?`).get(project_id)
      return row as ProjectListing | undefined
    },

    listProjects(page?: ListPage): ProjectListing[] {
      const wanted = { table: 'projects', key: 'project_id', columns: LISTED } as const
      return listOf(database, { ...wanted, ...(page && { page }) }) as ProjectListing[]
    },

    /** Undefined when it was never saved. */
    documentOf(project_id: string): TextRef | undefined {
      const row = readRow(database, project_id)
      return row && documentRef(row)
    },
  }
}

function readRow({ prepare }: SqliteDatabase, project_id: string): ProjectRow | undefined {
  const row = prepare('select * from projects where project_id = ?').get(project_id)
  if (row === undefined) return undefined
  const project = row as ProjectRow
  if (projectDigest(project, project.document_digest) === project.digest) return project
  throw new DamagedError(`Project ${project_id} is damaged`)
}

function documentRef(row: ProjectRow): TextRef | undefined {
  const { project_id, document_text: text, document_digest: digest } = row
  if (text === null || digest === null) return undefined
  return { text, about: aboutDocument(project_id), digest }
}

/** What is wrong with a saved document that cannot be read; other errors stay as they are. */
export function documentDamage(project_id: string, error: unknown): unknown {
  if (!(error instanceof PartDamaged)) return error
  const place = `the saved document is damaged in part ${error.part}`
  return new DamagedError(`Project ${project_id}: ${place}`)
}

/** Where a project or its saved document is damaged; null when both are whole. */
export function projectDamage(database: SqliteDatabase, project_id: string): string | null {
  try {
    const row = readRow(database, project_id)
    const ref = row && documentRef(row)
    if (ref) expectText(database, ref)
    return null
  } catch (cause) {
    const error = documentDamage(project_id, cause)
    if (error instanceof StorageError) return error.message
    throw error
  }
}

export function projectWrites(database: SqliteDatabase, texts: Texts) {
  const { prepare, transaction } = database
  return {
    /** Also points the session at the project. */
    createProject: (project: ProjectRecord): void =>
      transaction(() => {
        const { project_id, project_name, template_id, session_id, created_at } = project
        const { saved_at, saved_seq, envelope } = project
        const { changes } = prepare(`insert into projects
          values (?, ?, ?, ?, ?, ?, ?, ?, null, null, ?) on conflict do nothing`).run(
          project_id,
          project_name,
          template_id,
          session_id,
          created_at,
          saved_at,
          saved_seq,
          envelope,
          projectDigest(project, null),
        )
        if (changes === 0) throw new Error(`Project ${project_id} exists already`)
        const point = 'update sessions set project_id = ? where session_id = ?'
        prepare(point).run(project_id, session_id)
      }),

    /** False: there is no such project. */
    saveProject: (project_id: string, { saved_at, saved_seq, document }: SavedProject): boolean =>
      transaction(() => {
        const row = readRow(database, project_id)
        if (!row) return false
        texts.hold(document)
        texts.release(row.document_text)
        const digest = projectDigest({ ...row, saved_at, saved_seq }, document.digest)
        prepare(`update projects set saved_at = ?, saved_seq = ?, document_text = ?,
          document_digest = ?, digest = ? where project_id = ?`).run(
          saved_at,
          saved_seq,
          document.text,
          document.digest,
          digest,
          project_id,
        )
        return true
      }),

    deleteProject: (project_id: string): boolean =>
      transaction(() => {
        prepare('update sessions set project_id = null where project_id = ?').run(project_id)
        const sql = 'delete from projects where project_id = ? returning document_text as text'
        const gone = prepare(sql).all(project_id) as { text: number | null }[]
        for (const { text } of gone) texts.release(text)
        return gone.length > 0
      }),
  }
}
