import Type, { type Static } from 'typebox'
import { ActorClaim } from './actor.js'
import { ErrorBody } from './failure.js'
import { SessionId } from './id.js'
import { ShareToken } from './member.js'

/** A client that presents the next token ahead of that keeps its connection (rule AUTH13). */
export const ExpiresInMs = Type.Integer({
  minimum: 0,
  description: 'Milliseconds from now until the credentials expire; absent: they do not',
})

/** What Socket.IO sends as `auth` when a client connects to `/` (rules ACT1, AUTH2, AUTH5, VER1). */
export const Handshake = Type.Object(
  {
    actor: Type.Optional(ActorClaim),
    token: Type.Optional(Type.String({ description: 'JSON Web Token; its `sub` is the actor' })),
    share_token: Type.Optional(ShareToken),
    // Not narrowed to a token: what a handshake had under this name before went through, too.
    guest_token: Type.Optional(
      Type.Unknown({ description: 'The `GuestToken` of an earlier visit' }),
    ),
    protocol_version: Type.Optional(Type.String({ description: 'What the client speaks' })),
  },
  { description: 'The `auth` of a connection to `/`' },
)
export type Handshake = Static<typeof Handshake>

/** The same for `/graph`: the connection is in this session until it ends. */
export const GraphHandshake = Type.Object(
  { session_id: SessionId, ...Handshake.properties },
  { description: 'The `auth` of a connection to `/graph`' },
)
export type GraphHandshake = Static<typeof GraphHandshake>

/** What `connect_error` gets when a handshake is refused. */
export const HandshakeRefusal = Type.Object(
  { message: Type.String(), data: ErrorBody },
  { description: 'Why a connection was refused; the argument of `connect_error`' },
)
export type HandshakeRefusal = Static<typeof HandshakeRefusal>
