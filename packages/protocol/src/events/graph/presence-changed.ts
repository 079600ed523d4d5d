import { defineServerEvent } from '../../define.js'
import { PresenceChange } from '../../model/presence.js'
import { graphEvent } from '../fields.js'

/** A client of the session is somewhere else now; with state null it is gone. */
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
