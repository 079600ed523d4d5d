import { Actor, ANONYMOUS, check, type ActorClaim, type Failure, type Role } from '@talus/protocol'

/** Who asks, and what they may do in the session; `refusal` says why that is nothing. */
export type Caller = { actor: Actor } & ({ role: Role } | { role: null; refusal: Failure })

/** What a client says of itself, as an actor; nothing or nonsense is the anonymous actor. */
export function actorOf(claim: ActorClaim | undefined): Actor {
  if (claim === undefined) return ANONYMOUS
  const actor = typeof claim === 'string' ? { id: claim } : claim
  return check(Actor, actor).ok ? actor : ANONYMOUS
}
