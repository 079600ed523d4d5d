import { sql, type Kysely } from 'kysely'
import { segmentRow } from './append-queries.js'
import { entryDigest, genesis } from './chain.js'
import type { PackedCommit } from './packed-group.js'
import type { JournalTables } from './schema.js'

/** Entries that become one segment. */
const TOGETHER = 100

/** A row of `entries`, the table of before: an entry, and its digest made of the one before. */
export type FormerEntryRow = PackedCommit & { session_id: string; digest: string }

export type FormerTables = JournalTables & { entries: FormerEntryRow }

/** How far the entries of a session were found whole: `former` is the digest of the last one. */
type Progress = { seq: number; former: string; digest: string }

/** Entries in segments instead of a row for each, and the ids of commands in one index. */
export async function addSegments(db: Kysely<FormerTables>): Promise<void> {
  await createTables(db)
  const sessions = await db.selectFrom('sessions').select('session_id').execute()
  for (const { session_id } of sessions) await moveEntries(db, session_id)
  await sql`insert into command_ids
    select session_id, command_id, seq from entries order by session_id, command_id`.execute(db)
  // Those of removed entries among them.
  await sql`insert into command_ids
    select session_id, command_id, null from receipts where true on conflict do nothing`.execute(db)
  await db.schema.dropTable('entries').execute()
}

async function createTables(db: Kysely<FormerTables>): Promise<void> {
  await db.schema
    .createTable('segments')
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('first_seq', 'integer', (column) => column.notNull())
    .addColumn('last_seq', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('segments_pk', ['session_id', 'last_seq'])
    .execute()
  // Nothing but its own index: a table beside it would be half of what an id costs.
  await db.schema
    .createTable('command_ids')
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('command_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer')
    .addPrimaryKeyConstraint('command_ids_pk', ['session_id', 'command_id'])
    .modifyEnd(sql`without rowid`)
    .execute()
}

async function moveEntries(db: Kysely<FormerTables>, session_id: string): Promise<void> {
  const truncation = await db
    .selectFrom('truncations')
    .where('session_id', '=', session_id)
    .select(['seq', 'digest'])
    .executeTakeFirst()
  const former = truncation?.digest ?? genesis(session_id)
  let at: Progress = { seq: truncation?.seq ?? 0, former, digest: former }
  for (;;) {
    const rows = await db
      .selectFrom('entries')
      .where('session_id', '=', session_id)
      .where('seq', '>', at.seq)
      .select(['seq', 'command_id', 'payload_hash', 'body', 'ack', 'digest'])
      .orderBy('seq')
      .limit(TOGETHER)
      .execute()
    const together = rows.slice(0, gapIn(rows))
    const segment = segmentRow(session_id, together, at.digest)
    const last = together.at(-1)
    if (!segment || !last) break
    // What was damaged stays damaged: its segment has no digest that fits it.
    const digest = isWhole(at.former, together) ? segment.digest : ''
    await db
      .insertInto('segments')
      .values({ ...segment, digest })
      .execute()
    at = { seq: last.seq, former: last.digest, digest }
  }
  await db
    .updateTable('heads')
    .set({ digest: at.digest })
    .where('session_id', '=', session_id)
    .where('last_seq', '=', at.seq)
    .where('digest', '=', at.former)
    .execute()
}

/** Where a seq is missing: a segment has all from its first to its last. */
function gapIn(rows: readonly { seq: number }[]): number {
  const gap = rows.findIndex(({ seq }, i) => i > 0 && seq !== (rows[i - 1]?.seq ?? 0) + 1)
  return gap < 0 ? rows.length : gap
}

function isWhole(previous: string, rows: readonly (PackedCommit & { digest: string })[]): boolean {
  let digest = previous
  return rows.every((row) => {
    digest = entryDigest(digest, row)
    return digest === row.digest
  })
}
