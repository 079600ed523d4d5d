import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { CommandId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { graphEvent } from '../fields.js'

/** A command was executed. `result` is the id of a created node, else null. */
export const GraphCommandExecuted = defineServerEvent({
  name: 'command:executed',
  description: 'A command was executed. `result` is the id of a created node, else null.',
  payload: graphEvent({
    command_id: CommandId,
    command_type: Type.String(),
    result: Type.Union([Type.String(), Type.Null()]),
    label: Type.Optional(Type.String()),
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    result: 'task-1',
    seq: 7,
    actor: { id: 'anonymous' },
  },
})
