import Type from 'typebox'
import { defineClientEvent } from '../../define.js'
import { Ack } from '../../model/ack.js'
import { CommandId, SessionId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'

/** Executes a command in a session. On `/graph` the session defaults to the one of the handshake. */
export const ExecuteCommand = defineClientEvent({
  name: 'execute_command',
  description:
    'Executes a command in a session. On `/graph` the session defaults to the one of the handshake.',
  requires: 'editor',
  scope: 'session',
  ack: Ack,
  payload: Type.Object(
    {
      session_id: Type.Optional(SessionId),
      command_id: Type.Optional(CommandId),
      command_type: Type.String({ minLength: 1, maxLength: 128 }),
      data: JsonValue,
      label: Type.Optional(Type.String({ maxLength: 256 })),
    },
    { additionalProperties: false },
  ),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    command_type: 'UpdateProperty',
    data: { node_id: 'task-1', property_id: 'status', new_value: 'in-progress' },
  },
  example_ack: { ok: true, command_id: 'cmd-1', seq: 7, result: null },
})
