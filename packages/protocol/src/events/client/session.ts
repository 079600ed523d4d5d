import Type from 'typebox'
import { defineClientEvent } from '../../define.js'
import { AckFailure } from '../../model/ack.js'
import { Actor, ActorClaim } from '../../model/actor.js'
import { ExpiresInMs } from '../../model/handshake.js'
import { SessionId } from '../../model/id.js'
import { ShareToken } from '../../model/member.js'
import { PresenceState } from '../../model/presence.js'
import { Epoch, Seq } from '../../model/seq.js'
import { Joined, Left } from '../root/session.js'
import { SESSION_ID } from '../fields.js'

export const JoinSession = defineClientEvent({
  name: 'join_session',
  description:
    'Enters a session on `/`. `stream` chooses granular events or `session:changes` frames.',
  requires: 'viewer',
  scope: 'session',
  ack: Type.Union([
    Type.Intersect([Type.Object({ ok: Type.Literal(true) }), Joined.payload]),
    AckFailure,
  ]),
  payload: Type.Object(
    {
      session_id: SessionId,
      stream: Type.Optional(Type.Union([Type.Literal('events'), Type.Literal('changes')])),
      last_seq: Type.Optional(Seq),
      epoch: Type.Optional(Epoch),
      actor: Type.Optional(ActorClaim),
      share_token: Type.Optional(ShareToken),
      replaces: Type.Optional(
        Type.String({
          maxLength: 128,
          description:
            'The `client_id` of a connection of the same actor that was lost (rule JOIN8)',
        }),
      ),
      protocol_version: Type.Optional(Type.String({ maxLength: 16 })),
    },
    { additionalProperties: false },
  ),
  example: { session_id: SESSION_ID },
  example_ack: { ok: true, ...Joined.example },
})

export const LeaveSession = defineClientEvent({
  name: 'leave_session',
  description: 'Leaves a session on `/`.',
  requires: 'viewer',
  scope: 'open',
  ack: Type.Union([
    Type.Intersect([Type.Object({ ok: Type.Literal(true) }), Left.payload]),
    AckFailure,
  ]),
  payload: Type.Object(
    {
      session_id: SessionId,
    },
    { additionalProperties: false },
  ),
  example: { session_id: SESSION_ID },
  example_ack: { ok: true, ...Left.example },
})

export const UpdatePresence = defineClientEvent({
  name: 'update_presence',
  description:
    'Says where this client is; null takes it back. On `/graph` the session may be left out.',
  requires: 'commenter',
  scope: 'session',
  ack: Type.Union([Type.Object({ ok: Type.Literal(true) }), AckFailure]),
  payload: Type.Object(
    {
      session_id: Type.Optional(SessionId),
      state: Type.Union([PresenceState, Type.Null()]),
    },
    { additionalProperties: false },
  ),
  example: {
    session_id: SESSION_ID,
    state: { selection: ['task-1', 'task-2'], focus: 'task-1' },
  },
  example_ack: { ok: true },
})

/** Presents the next token of the same user on a connection that lives on (rule AUTH13). */
export const Authenticate = defineClientEvent({
  name: 'authenticate',
  description: 'Presents the next token of the same user on `/`; the connection lives on.',
  requires: 'viewer',
  scope: 'user',
  ack: Type.Union([
    Type.Object({
      ok: Type.Literal(true),
      actor: Actor,
      expires_in_ms: Type.Optional(ExpiresInMs),
    }),
    AckFailure,
  ]),
  payload: Type.Object({ token: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  example: { token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl' },
  example_ack: { ok: true, actor: { id: 'ann', name: 'Ann' }, expires_in_ms: 3_600_000 },
})

export const Ping = defineClientEvent({
  name: 'ping',
  description: 'Asks for a `pong`. Carries no payload.',
  requires: 'viewer',
  scope: 'open',
  ack: Type.Undefined(),
  payload: Type.Undefined(),
  example: undefined,
  example_ack: undefined,
})
