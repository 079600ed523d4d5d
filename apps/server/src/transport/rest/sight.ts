import type { RoleView } from '@talus/graph'
import type { FastifyReply } from 'fastify'
import type { Caller } from '../../gate/caller.js'
import { viewOf } from '../../gate/sight.js'
import type { LiveSession } from '../../sessions/live-session.js'

/** What a role is told by. */
const CREDENTIALS = 'Authorization, X-Share-Token'

/**
 * What the caller sees of a session; null: everything. Where that depends on the caller, the answer
 * says so to whoever keeps it (rule VIEW4).
 */
export function sightOf(
  { caller, reply }: { caller: Caller; reply: FastifyReply },
  session: LiveSession,
): RoleView | null {
  if (!session.rules?.hideSomething) return null
  const vary = String(reply.getHeader('vary') ?? '')
  // A read that has waited asks twice.
  if (!vary.includes(CREDENTIALS)) {
    void reply.header('vary', vary === '' ? CREDENTIALS : `${vary}, ${CREDENTIALS}`)
  }
  return viewOf(caller, session)
}
