import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { graphEvent } from '../fields.js'

/** A client connected to the session, or this one was welcomed. */
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
