import { Actor, ANONYMOUS, check, type ActorClaim, type Failure, type Role } from '@talus/protocol'
import type { Trace } from '../dispatch/trace.js'

/**
 * Who asks, and what they may do; `refusal` says why that is nothing. `session_id` is the only
 * session in which the role counts; absent, it counts in all of them. `trace` follows what they ask
 * for, while somebody traces.
 */
export type Caller = { actor: Actor; session_id?: string | null; trace?: Trace | undefined } & (
  | { role: Role }
  | { role: null; refusal: Failure }
)

/** What a client says of itself, as an actor; nothing or nonsense is the anonymous actor. */
export function actorOf(claim: ActorClaim | undefined): Actor {
  if (claim === undefined) return ANONYMOUS
  const actor = typeof claim === 'string' ? { id: claim } : claim
  return check(Actor, actor).ok ? actor : ANONYMOUS
}
