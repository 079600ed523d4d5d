import type { Entry } from '@talus/protocol'
import { sql, type Kysely } from 'kysely'
import { readEntries } from '../journal/entry-reading.js'
import type { JournalTables } from '../journal/schema.js'
import { isMachineFailure } from './failure.js'

/** What `inspect` tells of a session. Sizes are bytes of text. */
export type SessionTotals = {
  session_id: string
  project_id: string | null
  template_id: string | null
  epoch: string
  created_at: string
  /** The first entry that is kept. */
  first_seq: number
  seq: number
  /** When the first entry that is kept was made; null: there is none, or it cannot be read. */
  oldest: string | null
  entries: number
  entry_bytes: number
  receipts: number
  snapshot_seq: number | null
  snapshot_bytes: number
}

export type ProjectTotals = {
  project_id: string
  project_name: string
  session_id: string
  saved_at: string | null
  saved_seq: number | null
  document_bytes: number
}

/** Sessions, oldest first. */
export async function sessionTotals(db: Kysely<JournalTables>): Promise<SessionTotals[]> {
  const { rows } = await sql<SessionTotals>`
    select s.session_id, s.project_id, s.template_id, s.epoch, s.created_at,
      coalesce((select t.seq from truncations t where t.session_id = s.session_id), 0) + 1
        as first_seq,
      coalesce((select max(e.last_seq) from segments e where e.session_id = s.session_id), 0)
        as seq,
      (select coalesce(sum(e.last_seq - max(e.first_seq - 1, coalesce(t.seq, 0))), 0)
        from segments e left join truncations t on t.session_id = e.session_id
        where e.session_id = s.session_id) as entries,
      (select coalesce(sum(length(cast(e.body as blob))), 0)
        from segments e where e.session_id = s.session_id) as entry_bytes,
      (select count(*) from receipts r where r.session_id = s.session_id) as receipts,
      (select h.seq from snapshot_heads h where h.session_id = s.session_id) as snapshot_seq,
      (select coalesce(sum(length(cast(p.body as blob))), 0)
        from snapshots p where p.session_id = s.session_id) as snapshot_bytes
    from sessions s order by s.created_at, s.session_id`.execute(db)
  for (const row of rows) row.oldest = await oldestOf(db, row.session_id)
  return rows
}

async function oldestOf(db: Kysely<JournalTables>, session_id: string): Promise<string | null> {
  try {
    const [entry] = await readEntries(db, session_id, { after_seq: 0, limit: 1 })
    return entry ? (JSON.parse(entry.body) as Entry).timestamp : null
  } catch (error) {
    if (isMachineFailure(error)) throw error
    return null
  }
}

/** Projects, oldest first. */
export async function projectTotals(db: Kysely<JournalTables>): Promise<ProjectTotals[]> {
  const { rows } = await sql<ProjectTotals>`
    select p.project_id, p.project_name, p.session_id, p.saved_at, p.saved_seq,
      (select coalesce(sum(length(cast(d.body as blob))), 0)
        from project_documents d where d.project_id = p.project_id) as document_bytes
    from projects p order by p.created_at, p.project_id`.execute(db)
  return rows
}
