import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { Entry } from '../../model/entry.js'
import { ErrorBody } from '../../model/failure.js'
import { ExpiresInMs } from '../../model/handshake.js'
import { ActorId, SessionId } from '../../model/id.js'
import { GuestToken, RoleSchema } from '../../model/member.js'
import { Participant, Presence, PresenceChange } from '../../model/presence.js'
import { Epoch, Seq } from '../../model/seq.js'
import { SESSION_ID, roomEvent } from '../fields.js'

export const Joined = defineServerEvent({
  name: 'joined',
  description: 'Answer to `join_session`, to the joiner only.',
  payload: Type.Object({
    session_id: SessionId,
    client_id: Type.String(),
    active_clients: Type.Integer({ minimum: 0 }),
    seq: Seq,
    epoch: Epoch,
    protocol_version: Type.String(),
    contract_hash: Type.String({ description: 'SHA-256 of contract.json, hex' }),
    actor: Type.Optional(Actor),
    role: Type.Optional(RoleSchema),
    guest_token: Type.Optional(GuestToken),
    expires_in_ms: Type.Optional(ExpiresInMs),
    presence: Type.Optional(
      Type.Array(Presence, { description: 'Where everybody is (rule PRES1)' }),
    ),
    participants: Type.Optional(
      Type.Array(Participant, {
        description: "Who is in the session, with `stream: 'changes'` (rule PRES4)",
      }),
    ),
    entries: Type.Optional(Type.Array(Entry)),
    snapshot_required: Type.Optional(Type.Boolean()),
  }),
  example: {
    session_id: SESSION_ID,
    client_id: 'socket-client-id',
    active_clients: 2,
    seq: 7,
    epoch: 'e-1',
    protocol_version: '1.3',
    contract_hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    participants: [
      { client_id: 'socket-client-id', actor: { id: 'ben' } },
      { client_id: 'other-client-id', actor: { id: 'ann' } },
    ],
    presence: [{ client_id: 'other-client-id', actor: { id: 'ann' }, state: { focus: 'task-1' } }],
  },
})

export const Left = defineServerEvent({
  name: 'left',
  description: 'Answer to `leave_session`, to the leaver only.',
  payload: Type.Object({ session_id: SessionId, client_id: Type.String() }),
  example: { session_id: SESSION_ID, client_id: 'socket-client-id' },
})

export const SessionConnected = roomEvent({
  name: 'session:connected',
  description: 'A client joined the session.',
  fields: {
    client_id: Type.String(),
    active_clients: Type.Integer({ minimum: 0 }),
    actor: Type.Optional(Actor),
    replaces: Type.Optional(
      Type.String({ description: 'The client whose place it takes: it has left (rule JOIN8)' }),
    ),
  },
  example: {
    client_id: 'socket-client-id',
    active_clients: 2,
    actor: { id: 'ann', name: 'Ann' },
  },
})

export const SessionDisconnected = roomEvent({
  name: 'session:disconnected',
  description: 'A client left the session or lost its connection.',
  fields: {
    client_id: Type.String(),
    active_clients: Type.Integer({ minimum: 0 }),
  },
  example: {
    client_id: 'socket-client-id',
    active_clients: 2,
  },
})

export const PermissionsChanged = roomEvent({
  name: 'permissions:changed',
  description: 'Somebody has another role in the session, or none any longer.',
  fields: {
    actor_id: ActorId,
    role: Type.Union([RoleSchema, Type.Null()]),
  },
  example: {
    actor_id: 'ann',
    role: 'editor',
  },
})

export const PresenceChanged = roomEvent({
  name: 'presence:changed',
  description: 'A client of the session is somewhere else now; with state null it is gone.',
  fields: PresenceChange.properties,
  example: {
    client_id: 'socket-client-id',
    actor: { id: 'ann', name: 'Ann' },
    state: { selection: ['task-1'], focus: 'task-1' },
  },
})

/**
 * What happened is too large to send: fetch the graph at `seq` or later. With `role`: this client
 * has that role now and is shown another graph (rule VIEW5).
 */
export const ResyncRequired = roomEvent({
  name: 'resync:required',
  description:
    'What happened is too large to send, or this client is shown another graph now: fetch it at `seq` or later.',
  fields: {
    seq: Seq,
    epoch: Epoch,
    reason: Type.String(),
    role: Type.Optional(RoleSchema),
  },
  example: {
    seq: 9,
    epoch: 'e-1',
    reason: 'The change is larger than one message may be',
  },
})

export const SessionChanges = defineServerEvent({
  name: 'session:changes',
  description: 'The entries of one group commit, in order; only to those who follow `changes`.',
  payload: Type.Object({ session_id: SessionId, entries: Type.Array(Entry) }),
  example: { session_id: SESSION_ID, entries: [] },
})

export const Pong = defineServerEvent({
  name: 'pong',
  description: 'Answer to `ping`. Carries no payload.',
  payload: Type.Undefined(),
  example: undefined,
})

/**
 * A request of this client was refused and had no acknowledgement callback, or the server has taken
 * this client out of a session.
 */
export const ErrorEvent = defineServerEvent({
  name: 'error',
  description:
    'A request of this client was refused and had no acknowledgement callback; or, with `session_id`, the server has taken this client out of that session: it was deleted, or the client has no role in it any longer.',
  payload: Type.Object(
    { ...ErrorBody.properties, session_id: Type.Optional(SessionId) },
    { description: 'Why something was refused, or which session has ended here and why' },
  ),
  example: { code: 'BAD_REQUEST', message: 'Missing session_id', retryable: false },
})
