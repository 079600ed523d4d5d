import Type from 'typebox'
import { Actor } from '../../model/actor.js'
import { GuestToken } from '../../model/member.js'
import { graphEvent, ofGraph } from '../fields.js'
import { PermissionsChanged, PresenceChanged, ResyncRequired } from '../root/session.js'

export const GraphSessionGuest = graphEvent({
  name: 'session:guest',
  description:
    'To a guest of a share link only: who it is, and what to present to be the same guest again.',
  fields: { actor: Actor, guest_token: GuestToken },
  example: {
    actor: { id: 'guest:link-1:8f2kQ0aTtZr1c5hGm3wXyA', name: 'Guest' },
    guest_token: 'q8Y0m3c5tW1kZ7vR2nB4xL6pD9sF0gH2jK4lM6nP8qR',
  },
})

export const GraphSessionConnected = graphEvent({
  name: 'session:connected',
  description: 'A client connected to the session, or this one was welcomed.',
  fields: { client_count: Type.Integer({ minimum: 0 }) },
  example: {
    client_count: 2,
  },
})

export const GraphSessionDisconnected = graphEvent({
  name: 'session:disconnected',
  description: 'A client of the session went away.',
  fields: { client_count: Type.Integer({ minimum: 0 }) },
  example: {
    client_count: 2,
  },
})

export const GraphPermissionsChanged = ofGraph(PermissionsChanged, {
  name: 'permissions:changed',
  description: 'Somebody has another role in the session, or none any longer.',
})

export const GraphPresenceChanged = ofGraph(PresenceChanged, {
  name: 'presence:changed',
  description: 'A client of the session is somewhere else now; with state null it is gone.',
})

/**
 * What happened is too large to send: fetch the graph. With `role`: this client has that role now
 * and is shown another graph (rule VIEW5).
 */
export const GraphResyncRequired = ofGraph(ResyncRequired, {
  name: 'resync:required',
  description:
    'What happened is too large to send, or this client is shown another graph now: fetch it.',
})
