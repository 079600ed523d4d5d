import type { AckSuccess, Entry } from '@talus/protocol'
import type { Kysely } from 'kysely'
import { insertReceipts, receiptRow, updateHead } from './append-queries.js'
import { genesis, trimmedDigest } from './chain.js'
import { readEntries, truncationOf } from './entry-reading.js'
import { readHead } from './head-reading.js'
import type { Journal, Receipt } from './journal.js'
import { packSegment, unpackSegment, type PackedCommit } from './packed-group.js'
import { mayGo, removedReceipt } from './rules.js'
import type { HeadRow, JournalTables } from './schema.js'
import { snapshotSeq } from './snapshot-reading.js'

export type TruncationQueries = Pick<Journal, 'truncate'>

export function truncationQueries(db: Kysely<JournalTables>): TruncationQueries {
  return {
    async truncate(session_id, truncation) {
      return await db.transaction().execute(async (transaction) => {
        const head = await readHead(transaction, session_id)
        const snapshot_seq = await snapshotSeq(transaction, session_id)
        if (!head?.last_seq || snapshot_seq === undefined) return 0
        const before = await truncationOf(transaction, session_id)
        const after_seq = before?.seq ?? 0
        const oldest = await readEntries(transaction, session_id, {
          after_seq,
          limit: truncation.limit,
        })
        const allowed = { ...truncation, last_seq: head.last_seq, snapshot_seq }
        const stays = oldest.findIndex((entry) => !mayGo(entry, allowed))
        const going = stays < 0 ? oldest : oldest.slice(0, stays)
        await remove(transaction, session_id, { going, before })
        await keepReceipts(transaction, { ...head, session_id }, going.map(receiptOf))
        return going.length
      })
    },
  }
}

/** Entries that go, and what says where those before them ended. */
type Removal = { going: readonly PackedCommit[]; before: { digest: string } | undefined }

/** Segments go of which all may go; from the next one, what may go is taken out. */
async function remove(
  db: Kysely<JournalTables>,
  session_id: string,
  { going, before }: Removal,
): Promise<void> {
  const last = going.at(-1)
  if (last === undefined) return
  const { seq } = last
  const gone = await db
    .selectFrom('segments')
    .where('session_id', '=', session_id)
    .where('last_seq', '<=', seq)
    .select('digest')
    .orderBy('last_seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  const trimmed = await trim(db, session_id, seq)
  const digest = trimmed ?? (gone ?? before)?.digest ?? genesis(session_id)
  await db
    .deleteFrom('segments')
    .where('session_id', '=', session_id)
    .where('last_seq', '<=', seq)
    .execute()
  await db
    .insertInto('truncations')
    .values({ session_id, seq, digest })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet({ seq, digest }))
    .execute()
}

/** Takes entries up to `seq` out of the segment that goes on after it; gives the digest of the rest. */
async function trim(
  db: Kysely<JournalTables>,
  session_id: string,
  seq: number,
): Promise<string | undefined> {
  const across = await db
    .selectFrom('segments')
    .where('session_id', '=', session_id)
    .where('last_seq', '>', seq)
    .where('first_seq', '<=', seq)
    .select(['last_seq', 'body'])
    .executeTakeFirst()
  if (across === undefined) return undefined
  const kept = unpackSegment(across.body).filter((entry) => entry.seq > seq)
  const body = packSegment(session_id, kept)
  await db
    .updateTable('segments')
    .set({ first_seq: seq + 1, body })
    .where('session_id', '=', session_id)
    .where('last_seq', '=', across.last_seq)
    .execute()
  return trimmedDigest(body)
}

/** A removed entry leaves a receipt: its command must not run again (rule IDEM1). */
function receiptOf({ body, ack, ...rest }: PackedCommit): Receipt {
  const stored = ack === null ? null : (JSON.parse(ack) as AckSuccess)
  return removedReceipt({ ...rest, ack: stored }, JSON.parse(body) as Entry)
}

async function keepReceipts(
  db: Kysely<JournalTables>,
  head: HeadRow,
  receipts: readonly Receipt[],
): Promise<void> {
  const { session_id, last_ordinal } = head
  for (const [i, receipt] of receipts.entries()) {
    await insertReceipts(db, [receiptRow(session_id, last_ordinal + 1 + i, receipt)]).execute()
  }
  await updateHead(db, { ...head, last_ordinal: last_ordinal + receipts.length }).execute()
}
