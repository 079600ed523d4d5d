import { sql, type SelectQueryBuilder } from 'kysely'
import type { ListPage } from './journal.js'
import type { JournalTables } from './schema.js'

type Listed = { table: 'sessions' | 'projects'; key: string; page: ListPage | undefined }

/**
 * Runs a query of one of the two lists: oldest first, one page of it. What somebody may see is
 * looked up by member, so that the cost is that of their own sessions and not of everybody's.
 */
export async function listOf<Tables extends keyof JournalTables, Row>(
  query: SelectQueryBuilder<JournalTables, Tables, Row>,
  { table, key, page }: Listed,
): Promise<Row[]> {
  const column = (name: string) => sql.ref(`${table}.${name}`)
  let listed = query.orderBy(column('created_at')).orderBy(column(key))
  if (page?.of) {
    const { actor_id, session_ids } = page.of
    const more = session_ids.map((id) => sql` union select ${id}`)
    listed = listed.where(sql<boolean>`${column('session_id')} in (
      select session_id from members where actor_id = ${actor_id}${sql.join(more, sql``)})`)
  }
  if (page?.after) {
    const { created_at, id } = page.after
    listed = listed.where(
      sql<boolean>`(${column('created_at')}, ${column(key)}) > (${created_at}, ${id})`,
    )
  }
  if (page) listed = listed.limit(page.limit)
  return await listed.execute()
}
