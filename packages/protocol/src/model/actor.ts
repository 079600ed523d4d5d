import Type, { type Static } from 'typebox'
import { ActorId } from './id.js'

/** Who did something. */
export const Actor = Type.Object(
  { id: ActorId, name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
  { additionalProperties: false, description: 'Who did it' },
)
export type Actor = Static<typeof Actor>

/** What a client may say of itself: an id alone, or an id and a name to show. */
export const ActorClaim = Type.Union([ActorId, Actor], {
  description: 'Who the client is: an id, or an id and a display name',
})
export type ActorClaim = Static<typeof ActorClaim>

/** The one actor that callers without identity share (rule UNDO1). */
export const ANONYMOUS: Actor = { id: 'anonymous' }
