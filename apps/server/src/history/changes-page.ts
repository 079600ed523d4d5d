import { fail, ok, type Result } from '@talus/protocol'
import type { Journal } from '../journal/journal.js'
import { readPage } from '../sessions/entry-page.js'
import type { LiveSession } from '../sessions/live-session.js'

/** Entries that are read at a time, and characters after which a page is full. */
const PAGE = 100
const MAX_CHARS = 8 * 1024 * 1024

/** `bodies` are entries as JSON: what the journal holds is sent as it is. */
export type ChangesPage = { seq: number; bodies: string[]; has_more: boolean }

/**
 * The entries after a seq, `limit` at most, and one at least if there is one, however large.
 * Errors: HISTORY_TRUNCATED. Rejects with StorageError.
 */
export async function changesPage(
  place: { journal: Journal; session: LiveSession },
  { after_seq, limit }: { after_seq: number; limit: number },
): Promise<Result<ChangesPage>> {
  const { session, journal } = place
  const { session_id } = session.record
  const { seq } = session
  const upTo = Math.min(seq, after_seq + limit)
  const bodies: string[] = []
  for (let chars = 0; after_seq + bodies.length < upTo && chars < MAX_CHARS;) {
    const after = after_seq + bodies.length
    const range = { session_id, after, upTo: Math.min(upTo, after + PAGE) }
    const page = await readPage(journal, range)
    if (page.first > after + 1) {
      return fail('HISTORY_TRUNCATED', 'The entries after this seq are no longer kept', [
        { path: '/after_seq', expected: 'a seq whose next entry is kept', actual: after_seq },
      ])
    }
    for (const body of page.bodies) {
      if (chars >= MAX_CHARS) break
      bodies.push(body)
      chars += body.length
    }
  }
  return ok({ seq, bodies, has_more: after_seq + bodies.length < seq })
}
