import type { Kysely } from 'kysely'
import { historyQueries, type HistoryQueries } from './history-queries.js'
import { memberQueries, type MemberQueries } from './member-queries.js'
import { projectQueries, type ProjectQueries } from './project-queries.js'
import type { JournalTables } from './schema.js'
import { sessionQueries, type SessionQueries } from './session-queries.js'
import { truncationQueries, type TruncationQueries } from './truncation-queries.js'

export type JournalQueries = SessionQueries &
  HistoryQueries &
  TruncationQueries &
  ProjectQueries &
  MemberQueries

/**
 * The journal but for `append` and `writeSnapshot`, for any database that Kysely speaks. `append` is
 * the commit point: each database has its own fast way to it, over the queries in
 * `append-queries.ts`. The steps of `writeSnapshot` are in `snapshot-queries.ts`.
 */
export function journalQueries(db: Kysely<JournalTables>): JournalQueries {
  return {
    ...sessionQueries(db),
    ...historyQueries(db),
    ...truncationQueries(db),
    ...projectQueries(db),
    ...memberQueries(db),
  }
}
