import type { Kysely } from 'kysely'
import { entryDigest, genesis } from './chain.js'
import { damaged, reading } from './damage.js'
import type { EntryRow, JournalTables, TruncationRow } from './schema.js'
import { text, textOrNull } from './text-column.js'

export const ENTRY_COLUMNS = [
  'seq',
  text('command_id'),
  text('payload_hash'),
  text('body'),
  textOrNull('ack'),
  text('digest'),
] as const

/** The last entry that was removed of a session; undefined when none was. */
export async function truncationOf(
  db: Kysely<JournalTables>,
  session_id: string,
): Promise<TruncationRow | undefined> {
  return await db
    .selectFrom('truncations')
    .where('session_id', '=', session_id)
    .select(['session_id', 'seq', text('digest')])
    .executeTakeFirst()
}

/** The digest that the entry after `seq` builds upon; undefined when there is no entry `seq`. */
export async function digestAt(
  db: Kysely<JournalTables>,
  session_id: string,
  seq: number,
): Promise<string | undefined> {
  if (seq === 0) return genesis(session_id)
  const row = await db
    .selectFrom('entries')
    .where('session_id', '=', session_id)
    .where('seq', '=', seq)
    .select(text('digest'))
    .executeTakeFirst()
  if (row !== undefined) return row.digest
  const truncation = await truncationOf(db, session_id)
  return truncation?.seq === seq ? truncation.digest : undefined
}

type Window = { after_seq: number; limit?: number }

export type VerifiedEntry = Omit<EntryRow, 'session_id'>

/**
 * Entries after `after_seq`, each proven to follow the one before. Only what was removed on purpose
 * may be missing, at the beginning. Throws `StorageError` at the first that is damaged or missing.
 */
export async function readEntries(
  db: Kysely<JournalTables>,
  session_id: string,
  { after_seq, limit }: Window,
): Promise<VerifiedEntry[]> {
  const query = db
    .selectFrom('entries')
    .where('session_id', '=', session_id)
    .where('seq', '>', after_seq)
    .select(ENTRY_COLUMNS)
    .orderBy('seq')
  const rows = await reading(
    session_id,
    after_seq + 1,
    (limit === undefined ? query : query.limit(limit)).execute(),
  )
  const [first] = rows
  if (first === undefined) return []
  const begin = await beginningOf(db, session_id, { after_seq, found: first.seq })
  if (begin === undefined) throw damaged(session_id, after_seq + 1, 'is missing')
  verify(session_id, begin, rows)
  return rows
}

type Beginning = { seq: number; digest: string }

async function beginningOf(
  db: Kysely<JournalTables>,
  session_id: string,
  { after_seq, found }: { after_seq: number; found: number },
): Promise<Beginning | undefined> {
  const truncation = await truncationOf(db, session_id)
  const seq = Math.max(after_seq, truncation?.seq ?? 0)
  if (found !== seq + 1) return undefined
  const digest = await digestAt(db, session_id, seq)
  return digest === undefined ? undefined : { seq, digest }
}

function verify(session_id: string, begin: Beginning, rows: readonly VerifiedEntry[]): void {
  let { seq, digest } = begin
  for (const row of rows) {
    seq += 1
    if (row.seq !== seq) throw damaged(session_id, seq, 'is missing')
    digest = entryDigest(digest, row)
    if (row.digest !== digest) throw damaged(session_id, seq, 'is damaged')
  }
}
