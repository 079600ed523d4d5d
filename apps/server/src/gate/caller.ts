import { Actor, ANONYMOUS, check, type ActorClaim, type Role } from '@talus/protocol'

/** Who asks, and what they may do in the session. */
export type Caller = { actor: Actor; role: Role }

/** What a client says of itself, as an actor; nothing or nonsense is the anonymous actor. */
export function actorOf(claim: ActorClaim | undefined): Actor {
  if (claim === undefined) return ANONYMOUS
  const actor = typeof claim === 'string' ? { id: claim } : claim
  return check(Actor, actor).ok ? actor : ANONYMOUS
}
