import { fail, ok, type Result } from '@talus/protocol'
import { CHANGES_CHARS } from '../limits/costs.js'
import { readForward, type Source } from './stored-entries.js'

/** `bodies` are entries as JSON: what the journal holds is sent as it is. */
export type ChangesPage = { seq: number; bodies: string[]; has_more: boolean }

/**
 * The entries after a seq, `limit` at most, and as many as make a page; one at least if there is
 * one, however large (rule LIM17). Errors: HISTORY_TRUNCATED. Rejects with StorageError.
 */
export async function changesPage(
  source: Source,
  { after_seq, limit }: { after_seq: number; limit: number },
): Promise<Result<ChangesPage>> {
  const { seq } = source.session
  const upTo = Math.min(seq, after_seq + limit)
  const bodies: string[] = []
  let chars = 0
  const reached = await readForward(source, { after: after_seq, upTo }, (body) => {
    if (bodies.length > 0 && chars + body.length > CHANGES_CHARS) return 'stop'
    bodies.push(body)
    chars += body.length
    return 'next'
  })
  if (reached === 'truncated') {
    return fail('HISTORY_TRUNCATED', 'The entries after this seq are no longer kept', [
      { path: '/after_seq', expected: 'a seq whose next entry is kept', actual: after_seq },
    ])
  }
  return ok({ seq, bodies, has_more: after_seq + bodies.length < seq })
}
