import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { CommandId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { Seq } from '../../model/seq.js'
import { roomEvent } from '../fields.js'

/** A command was executed and is durable. Without `seq` it changed nothing. */
export const CommandExecuted = defineServerEvent({
  name: 'command:executed',
  description: 'A command was executed and is durable. Without `seq` it changed nothing.',
  payload: roomEvent('command:executed', {
    command_id: CommandId,
    command_type: Type.String(),
    result: JsonValue,
    label: Type.Optional(Type.String()),
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    event: 'command:executed',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    result: { node_id: 'task-1' },
    seq: 7,
    actor: { id: 'anonymous' },
  },
})
