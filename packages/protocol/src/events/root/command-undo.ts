import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { CommandId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { roomEvent } from '../fields.js'

/** A command was undone. `command_id` and `command_type` are those of the undone command. */
export const CommandUndo = defineServerEvent({
  name: 'command:undo',
  description:
    'A command was undone. `command_id` and `command_type` are those of the undone command.',
  payload: roomEvent('command:undo', {
    command_id: CommandId,
    command_type: Type.String(),
    target_command_id: CommandId,
    entry_command_id: CommandId,
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    event: 'command:undo',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    target_command_id: 'cmd-1',
    entry_command_id: 'cmd-2',
    seq: 8,
    actor: { id: 'anonymous' },
  },
})
