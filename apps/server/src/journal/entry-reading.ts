import type { Kysely } from 'kysely'
import { genesis, isTrimmed, segmentDigest, trimmedDigest } from './chain.js'
import { damaged, damagedFrom, reading } from './damage.js'
import { unpackSegment, type PackedCommit } from './packed-group.js'
import type { JournalTables, SegmentRow, TruncationRow } from './schema.js'

/** The last entry that was removed of a session; undefined when none was. */
export async function truncationOf(
  db: Kysely<JournalTables>,
  session_id: string,
): Promise<TruncationRow | undefined> {
  return await db
    .selectFrom('truncations')
    .where('session_id', '=', session_id)
    .select(['session_id', 'seq', 'digest'])
    .executeTakeFirst()
}

/** The digest of the segment that ends with the entry `seq`; undefined when none does. */
export async function digestAt(
  db: Kysely<JournalTables>,
  session_id: string,
  seq: number,
): Promise<string | undefined> {
  if (seq === 0) return genesis(session_id)
  const row = await db
    .selectFrom('segments')
    .where('session_id', '=', session_id)
    .where('last_seq', '=', seq)
    .select('digest')
    .executeTakeFirst()
  return row?.digest
}

/** `segments`: how many are read at most, from the first on. */
type Window = { after_seq: number; limit?: number; segments?: number }

/**
 * Entries after `after_seq`, in segments of which each is proven to follow the one before. Only what
 * was removed on purpose may be missing, at the beginning. Throws `StorageError` where a segment is
 * damaged or missing.
 */
export async function readEntries(
  db: Kysely<JournalTables>,
  session_id: string,
  { after_seq, limit = Number.MAX_SAFE_INTEGER, segments: most }: Window,
): Promise<PackedCommit[]> {
  const truncation = await truncationOf(db, session_id)
  const after = Math.max(after_seq, truncation?.seq ?? 0)
  const through = after + limit
  const all = db
    .selectFrom('segments')
    .where('session_id', '=', session_id)
    .where('last_seq', '>', after)
    .where('first_seq', '<=', through)
    .select(['first_seq', 'last_seq', 'body', 'digest'])
    .orderBy('last_seq')
  const query = most === undefined ? all : all.limit(most)
  const segments = await reading(session_id, after + 1, query.execute())
  const [first] = segments
  if (first === undefined) return []
  if (first.first_seq > after + 1) throw damaged(session_id, after + 1, 'is missing')
  const before = first.first_seq - 1
  const isBegin = truncation !== undefined && before <= truncation.seq
  const digest = isBegin ? truncation.digest : await digestAt(db, session_id, before)
  if (digest === undefined) throw damaged(session_id, before, 'is missing')
  const entries = verified(session_id, { seq: before, digest }, segments)
  return entries.filter(({ seq }) => seq > after && seq <= through)
}

type Segment = Omit<SegmentRow, 'session_id'>

/** The digest that the segment should have, after the one before. */
function proven(previous: string, { body, digest }: Segment): string | undefined {
  if (!isTrimmed(previous)) return segmentDigest(previous, body)
  return trimmedDigest(body) === previous ? digest : undefined
}

function verified(
  session_id: string,
  begin: { seq: number; digest: string },
  segments: readonly Segment[],
): PackedCommit[] {
  let { seq, digest } = begin
  return segments.flatMap((segment) => {
    if (segment.first_seq !== seq + 1) throw damaged(session_id, seq + 1, 'is missing')
    if (proven(digest, segment) !== segment.digest) throw damagedFrom(session_id, segment)
    digest = segment.digest
    const entries = unpackSegment(segment.body)
    // What the digest proves is the text: the columns are only where it is found.
    if (entries[0]?.seq !== segment.first_seq || entries.at(-1)?.seq !== segment.last_seq) {
      throw damagedFrom(session_id, segment)
    }
    seq = segment.last_seq
    return entries
  })
}
