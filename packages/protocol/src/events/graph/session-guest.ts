import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { GuestToken } from '../../model/share-link.js'
import { graphEvent } from '../fields.js'

/** To a guest of a share link only: who it is, and what to present to be the same guest again. */
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
