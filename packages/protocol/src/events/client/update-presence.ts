import Type from 'typebox'
import { defineClientEvent } from '../../define.js'
import { AckFailure } from '../../model/ack.js'
import { SessionId } from '../../model/id.js'
import { PresenceState } from '../../model/presence.js'

/** Says where this client is; null takes it back. On `/graph` the session may be left out. */
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
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    state: { selection: ['task-1', 'task-2'], focus: 'task-1' },
  },
  example_ack: { ok: true },
})
