import type { Kysely } from 'kysely'
import { entryDigest, genesis, receiptDigest, snapshotDigests } from './chain.js'
import type { FormerTables } from './migration-segments.js'

/** Rows that are read at a time. */
const PAGE = 500

/** Digests on all that is replayed, and the memory of what was removed. */
export async function addIntegrity(db: Kysely<FormerTables>): Promise<void> {
  for (const table of ['entries', 'receipts', 'snapshots'] as const) {
    await db.schema
      .alterTable(table)
      .addColumn('digest', 'text', (column) => column.notNull().defaultTo(''))
      .execute()
  }
  await db.schema
    .createTable('truncations')
    .addColumn('session_id', 'text', (column) =>
      column.primaryKey().references('sessions.session_id').onDelete('cascade'),
    )
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .execute()
  // Opening a session asks for the receipts after its snapshot, however many there are before it.
  await db.schema
    .createIndex('receipts_after_seq')
    .on('receipts')
    .columns(['session_id', 'after_seq'])
    .execute()
  const sessions = await db.selectFrom('sessions').select('session_id').execute()
  for (const { session_id } of sessions) {
    await chainEntries(db, session_id)
    await digestReceipts(db, session_id)
    await digestSnapshot(db, session_id)
  }
}

async function chainEntries(db: Kysely<FormerTables>, session_id: string): Promise<void> {
  let [digest, after_seq] = [genesis(session_id), 0]
  for (;;) {
    const rows = await db
      .selectFrom('entries')
      .where('session_id', '=', session_id)
      .where('seq', '>', after_seq)
      .select(['seq', 'command_id', 'payload_hash', 'body', 'ack'])
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    for (const row of rows) {
      digest = entryDigest(digest, row)
      after_seq = row.seq
      await db
        .updateTable('entries')
        .set({ digest })
        .where('session_id', '=', session_id)
        .where('seq', '=', row.seq)
        .execute()
    }
    if (rows.length < PAGE) return
  }
}

async function digestReceipts(db: Kysely<FormerTables>, session_id: string): Promise<void> {
  const rows = await db
    .selectFrom('receipts')
    .where('session_id', '=', session_id)
    .selectAll()
    .execute()
  for (const row of rows) {
    await db
      .updateTable('receipts')
      .set({ digest: receiptDigest(row) })
      .where('session_id', '=', session_id)
      .where('command_id', '=', row.command_id)
      .execute()
  }
}

async function digestSnapshot(db: Kysely<FormerTables>, session_id: string): Promise<void> {
  const rows = await db
    .selectFrom('snapshots')
    .where('session_id', '=', session_id)
    .select(['seq', 'part', 'body'])
    .orderBy('part')
    .execute()
  const bodies = rows.map(({ body }) => body)
  const digests = snapshotDigests(session_id, rows[0]?.seq ?? 0, bodies)
  for (const [i, { part }] of rows.entries()) {
    await db
      .updateTable('snapshots')
      .set({ digest: digests[i] ?? '' })
      .where('session_id', '=', session_id)
      .where('part', '=', part)
      .execute()
  }
}
