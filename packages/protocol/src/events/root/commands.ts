import Type from 'typebox'
import { Actor } from '../../model/actor.js'
import { ErrorBody } from '../../model/failure.js'
import { CommandId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { Seq } from '../../model/seq.js'
import { roomEvent } from '../fields.js'

export const CommandExecuting = roomEvent({
  name: 'command:executing',
  description: 'A command is being executed; executed or failed follows.',
  fields: {
    command_id: CommandId,
    command_type: Type.String(),
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  },
  example: {
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    actor: { id: 'anonymous' },
  },
})

export const CommandExecuted = roomEvent({
  name: 'command:executed',
  description: 'A command was executed and is durable. Without `seq` it changed nothing.',
  fields: {
    command_id: CommandId,
    command_type: Type.String(),
    result: JsonValue,
    label: Type.Optional(Type.String()),
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  },
  example: {
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    result: { node_id: 'task-1' },
    seq: 7,
    actor: { id: 'anonymous' },
  },
})

export const CommandFailed = roomEvent({
  name: 'command:failed',
  description: 'A command was refused and left no trace.',
  fields: {
    command_id: CommandId,
    command_type: Type.String(),
    error: ErrorBody,
    actor: Type.Optional(Actor),
  },
  example: {
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    error: { code: 'INVALID_PARENT', message: 'Parent node not found', retryable: false },
  },
})

/** Of an undo or a redo. */
const REVERTED = {
  fields: {
    command_id: CommandId,
    command_type: Type.String(),
    target_command_id: CommandId,
    entry_command_id: CommandId,
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  },
  example: {
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    target_command_id: 'cmd-1',
    entry_command_id: 'cmd-2',
    seq: 8,
    actor: { id: 'anonymous' },
  },
}

export const CommandUndo = roomEvent({
  name: 'command:undo',
  description:
    'A command was undone. `command_id` and `command_type` are those of the undone command.',
  ...REVERTED,
})

export const CommandRedo = roomEvent({
  name: 'command:redo',
  description:
    'A command was redone. `command_id` and `command_type` are those of the redone command.',
  ...REVERTED,
})
