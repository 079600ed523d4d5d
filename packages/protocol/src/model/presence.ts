import Type, { type Static } from 'typebox'
import { Actor } from './actor.js'
import { NodeId } from './id.js'
import type { JsonObject } from './json.js'

/** What the state of one client may take as JSON text, in UTF-8 (rule PRES1). */
export const MAX_PRESENCE_BYTES = 16 * 1024

/**
 * Where a client is and what it does, as it says itself: any JSON object. The server understands
 * `selection` and `focus` only, and takes deleted nodes out of them (rule PRES2).
 */
export type PresenceState = { selection?: NodeId[]; focus?: NodeId | null } & JsonObject

export const PresenceState = Type.Unsafe<PresenceState>(
  Type.Object(
    {
      selection: Type.Optional(Type.Array(NodeId, { description: 'The nodes it has selected' })),
      focus: Type.Optional(
        Type.Union([NodeId, Type.Null()], { description: 'The node it works on, if any' }),
      ),
    },
    { description: 'Any JSON object of at most 16 KiB; the server understands these fields' },
  ),
)

/** The presence of one client; the server says who it is. */
export const Presence = Type.Object(
  { client_id: Type.String(), actor: Actor, state: PresenceState },
  { description: 'The presence of one client' },
)
export type Presence = Static<typeof Presence>

/** Somebody in the session, whether or not they have said where they are. */
export const Participant = Type.Object(
  { client_id: Type.String(), actor: Actor },
  { description: 'A client in the session' },
)
export type Participant = Static<typeof Participant>

/** A presence that is new, another, or, with null, gone. */
export const PresenceChange = Type.Object({
  client_id: Type.String(),
  actor: Actor,
  state: Type.Union([PresenceState, Type.Null()]),
  replaces: Type.Optional(
    Type.String({ description: 'The client that it has taken the place of (rule JOIN8)' }),
  ),
})
export type PresenceChange = Static<typeof PresenceChange>
