import { fail, type Moment, type Result } from '@talus/protocol'
import { sessionNotFound } from '../../dispatch/failures.js'
import type { LiveSession } from '../../sessions/live-session.js'
import type { RestServices } from './services.js'

/** Longest wait for a `min_seq`, in milliseconds (rule READ1). */
const PATIENCE_MS = 5_000

type Services = Pick<RestServices, 'sessions' | 'after'>

/**
 * The session, once it has come to `min_seq`. Errors: SESSION_NOT_FOUND, PRECONDITION_FAILED,
 * STORAGE_UNAVAILABLE.
 */
export async function reach(
  { sessions, after }: Services,
  session_id: string,
  { min_seq = 0 }: Moment,
): Promise<Result<LiveSession>> {
  const session = await sessions.get(session_id)
  if (!session.ok || session.value.seq >= min_seq) return session
  const { reached, cancel } = session.value.tail.arrival(min_seq)
  after(PATIENCE_MS, cancel)
  await reached
  const { seq, isRetired } = session.value
  if (isRetired) return { ok: false, error: sessionNotFound(session_id) }
  if (seq >= min_seq) return session
  const expected = `a seq of ${seq} at most, or a later attempt`
  const details = [{ path: '/min_seq', expected, actual: min_seq }]
  return fail('PRECONDITION_FAILED', `The session is at seq ${seq}`, details)
}
