import { fail, ok, type Entry, type Result } from '@talus/protocol'
import type { Journal } from '../journal/journal.js'
import type { LiveSession } from '../sessions/live-session.js'
import { readBackward } from './stored-entries.js'

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
  row: (entry: Entry) => Row | undefined
}

/**
 * The newest entries before a seq that are selected, newest first (rule HIST2).
 * Errors: HISTORY_TRUNCATED. Rejects with StorageError.
 */
export async function historyPage<Row>(
  place: { journal: Journal; session: LiveSession },
  { before_seq, limit = 50 }: PageQuery,
  { candidate, row }: Select<Row>,
): Promise<Result<Page<Row>>> {
  const { session, journal } = place
  const { seq } = session
  const upTo = Math.min(seq, (before_seq ?? seq + 1) - 1)
  const after = Math.max(0, upTo - LOOKED_THROUGH)
  const rows: Row[] = []
  let last = upTo + 1
  const range = { session_id: session.record.session_id, after, upTo }
  const reached = await readBackward(journal, range, (body, at) => {
    if (rows.length === limit) return 'stop'
    last = at
    const found = candidate(body) ? row(JSON.parse(body) as Entry) : undefined
    if (found) rows.push(found)
    return 'next'
  })
  if (reached === 'truncated' && last > upTo) {
    return fail('HISTORY_TRUNCATED', 'The entries before this seq are no longer kept')
  }
  const ended = reached === 'truncated' || last <= 1
  return ok({ seq, rows, next_before_seq: ended ? null : last })
}
