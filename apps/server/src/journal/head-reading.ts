import type { Kysely } from 'kysely'
import { selectHead } from './append-queries.js'
import { damaged } from './damage.js'
import { digestAt } from './entry-reading.js'
import { StorageError } from './journal.js'
import type { JournalTables } from './schema.js'

export function headMissing(session_id: string): StorageError {
  return new StorageError(`Session ${session_id}: its head is missing`)
}

/** Whether there is a session of that id. */
export function selectSession(db: Kysely<JournalTables>, session_id: string) {
  return db.selectFrom('sessions').where('session_id', '=', session_id).select('session_id')
}

/**
 * Where a session's rows end; undefined if there is no such session. Throws `StorageError` when
 * there is one and its head is lost.
 */
export async function readHead(db: Kysely<JournalTables>, session_id: string) {
  const head = await selectHead(db, session_id).executeTakeFirst()
  if (head !== undefined) return head
  if (await selectSession(db, session_id).executeTakeFirst()) throw headMissing(session_id)
  return undefined
}

/**
 * Throws `StorageError` unless a session's rows go as far as its head says: what is lost at the end
 * leaves no gap that would show. `last_seq` is the last entry that was found; of no session, none.
 */
export async function expectEnd(
  db: Kysely<JournalTables>,
  session_id: string,
  last_seq: number,
): Promise<void> {
  const head = await readHead(db, session_id)
  if (head === undefined) return
  if (last_seq < head.last_seq) throw damaged(session_id, last_seq + 1, 'is missing')
  if ((await digestAt(db, session_id, head.last_seq)) !== head.digest) {
    throw damaged(session_id, head.last_seq, 'is not what the head of the session says')
  }
  const { last } = await db
    .selectFrom('receipts')
    .where('session_id', '=', session_id)
    .select(({ fn }) => fn.max<number | null>('ordinal').as('last'))
    .executeTakeFirstOrThrow()
  if ((last ?? 0) < head.last_ordinal) {
    throw new StorageError(`Session ${session_id}: receipt ${head.last_ordinal} is missing`)
  }
}
