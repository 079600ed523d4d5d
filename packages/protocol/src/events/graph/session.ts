import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { ActorId } from '../../model/id.js'
import { GuestToken, RoleSchema } from '../../model/member.js'
import { PresenceChange } from '../../model/presence.js'
import { Epoch, Seq } from '../../model/seq.js'
import { graphEvent } from '../fields.js'

export const GraphSessionGuest = defineServerEvent({
  name: 'session:guest',
  description:
    'To a guest of a share link only: who it is, and what to present to be the same guest again.',
  payload: graphEvent({ actor: Actor, guest_token: GuestToken }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    actor: { id: 'guest:link-1:8f2kQ0aTtZr1c5hGm3wXyA', name: 'Guest' },
    guest_token: 'q8Y0m3c5tW1kZ7vR2nB4xL6pD9sF0gH2jK4lM6nP8qR',
  },
})

export const GraphSessionConnected = defineServerEvent({
  name: 'session:connected',
  description: 'A client connected to the session, or this one was welcomed.',
  payload: graphEvent({ client_count: Type.Integer({ minimum: 0 }) }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    client_count: 2,
  },
})

export const GraphSessionDisconnected = defineServerEvent({
  name: 'session:disconnected',
  description: 'A client of the session went away.',
  payload: graphEvent({ client_count: Type.Integer({ minimum: 0 }) }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    client_count: 2,
  },
})

export const GraphPermissionsChanged = defineServerEvent({
  name: 'permissions:changed',
  description: 'Somebody has another role in the session, or none any longer.',
  payload: graphEvent({
    actor_id: ActorId,
    role: Type.Union([RoleSchema, Type.Null()]),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    actor_id: 'ann',
    role: 'editor',
  },
})

export const GraphPresenceChanged = defineServerEvent({
  name: 'presence:changed',
  description: 'A client of the session is somewhere else now; with state null it is gone.',
  payload: graphEvent(PresenceChange.properties),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    client_id: 'socket-client-id',
    actor: { id: 'ann', name: 'Ann' },
    state: { selection: ['task-1'], focus: 'task-1' },
  },
})

/**
 * What happened is too large to send: fetch the graph. With `role`: this client has that role now
 * and is shown another graph (rule VIEW5).
 */
export const GraphResyncRequired = defineServerEvent({
  name: 'resync:required',
  description:
    'What happened is too large to send, or this client is shown another graph now: fetch it.',
  payload: graphEvent({
    seq: Seq,
    epoch: Epoch,
    reason: Type.String(),
    role: Type.Optional(RoleSchema),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    seq: 9,
    epoch: 'e-1',
    reason: 'The change is larger than one message may be',
  },
})
