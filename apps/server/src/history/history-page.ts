import { fail, ok, type Result } from '@talus/protocol'
import { LOOK_CHARS, PAGE_CHARS } from '../limits/costs.js'
import { eachInTurns } from '../limits/turns.js'
import { entryPieces, type EntryHead } from './entry-pieces.js'
import type { EntrySummary } from './entry-summary.js'
import { readBackward, type Source } from './stored-entries.js'

/**
 * Entries that one request looks through. What a node or an actor did is found by reading back
 * from the newest: an index by node would cost every command a row for each node that it touches,
 * a deletion of a large subtree as many rows as it has nodes, to make a rare question quicker.
 */
const LOOKED_THROUGH = 10_000

export type PageQuery = { before_seq?: number; limit?: number }

/** Where a page ends: the `before_seq` of the next one, or null. */
export type Page<Row> = { seq: number; rows: Row[]; next_before_seq: number | null }

/** `candidate` looks at the text only, to spare parsing what cannot be meant. */
export type Select<Row> = {
  candidate: (body: string) => boolean
  /** What is told of one entry. */
  newSummary: () => EntrySummary
  row: (head: EntryHead, summary: EntrySummary) => Row | undefined
}

async function rowOf<Row>(body: string, select: Select<Row>, gone?: AbortSignal) {
  const summary = select.newSummary()
  const pieces = entryPieces(body)
  let head: EntryHead | undefined
  const steps = (function* steps() {
    head = yield* pieces
  })()
  await eachInTurns(steps, (piece) => summary.take(piece), gone)
  return head && select.row(head, summary)
}

/**
 * The newest entries before a seq that are selected, newest first (rule HIST2): `limit` at most, as
 * many as make a page, and as many as one request looks through (rule LIM17).
 * Errors: HISTORY_TRUNCATED. Rejects with StorageError.
 */
export async function historyPage<Row>(
  source: Source,
  { before_seq, limit = 50 }: PageQuery,
  select: Select<Row>,
): Promise<Result<Page<Row>>> {
  const { session, gone } = source
  const { seq } = session
  const upTo = Math.min(seq, (before_seq ?? seq + 1) - 1)
  const after = Math.max(0, upTo - LOOKED_THROUGH)
  const rows: Row[] = []
  let last = upTo + 1
  let [looked, told] = [0, 0]
  const reached = await readBackward(source, { after, upTo }, async (body, at) => {
    const isFull = rows.length === limit || told >= PAGE_CHARS
    if (isFull || (looked > 0 && looked + body.length > LOOK_CHARS)) return 'stop'
    last = at
    looked += body.length
    const found = select.candidate(body) ? await rowOf(body, select, gone) : undefined
    if (!found) return 'next'
    rows.push(found)
    // Of a large entry little may be told, but of a small one never more than it has.
    told += Math.min(body.length, PAGE_CHARS)
    return 'next'
  })
  if (reached === 'truncated' && last > upTo) {
    return fail('HISTORY_TRUNCATED', 'The entries before this seq are no longer kept')
  }
  const ended = reached === 'truncated' || last <= 1
  return ok({ seq, rows, next_before_seq: ended ? null : last })
}
