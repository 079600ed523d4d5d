import { Actor, ANONYMOUS, check, type ActorClaim, type Failure, type Role } from '@talus/protocol'
import type { Trace } from '../dispatch/trace.js'
import type { Visitor } from './identity.js'

/**
 * Who asks, and what they may do; `refusal` says why that is nothing. `session_id` is the only
 * session in which the role counts; absent, it counts in all of them. `trace` follows what they ask
 * for, while somebody traces. `visitor` and `as_of` are what the role was decided by, so that it can
 * be decided again; `admin`: owner of every session, also of one that is gone.
 */
export type Caller = {
  actor: Actor
  session_id?: string | null
  trace?: Trace | undefined
  visitor?: Visitor
  as_of?: number
  admin?: boolean | undefined
} & ({ role: Role } | { role: null; refusal: Failure })

/** What a client says of itself, as an actor; nothing or nonsense is the anonymous actor. */
export function actorOf(claim: ActorClaim | undefined): Actor {
  if (claim === undefined) return ANONYMOUS
  const actor = typeof claim === 'string' ? { id: claim } : claim
  return check(Actor, actor).ok ? actor : ANONYMOUS
}

/** The role of a caller who has been let in. */
export function roleOf({ role }: Caller): Role {
  return role ?? 'viewer'
}
