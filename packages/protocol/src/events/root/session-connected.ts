import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { roomEvent } from '../fields.js'

/** A client joined the session. */
export const SessionConnected = defineServerEvent({
  name: 'session:connected',
  description: 'A client joined the session.',
  payload: roomEvent('session:connected', {
    client_id: Type.String(),
    active_clients: Type.Integer({ minimum: 0 }),
  }),
  example: {
    event: 'session:connected',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    client_id: 'socket-client-id',
    active_clients: 2,
  },
})
