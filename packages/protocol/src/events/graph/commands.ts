import Type from 'typebox'
import { Actor } from '../../model/actor.js'
import { ErrorCodeSchema, ErrorId } from '../../model/failure.js'
import { CommandId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { graphEvent, ofGraph } from '../fields.js'
import { CommandExecuting, CommandUndo, CommandRedo } from '../root/commands.js'

export const GraphCommandExecuting = ofGraph(CommandExecuting, {
  name: 'command:executing',
  description: 'A command is being executed.',
  without: ['actor'],
})

export const GraphCommandExecuted = graphEvent({
  name: 'command:executed',
  description: 'A command was executed. `result` is the id of a created node, else null.',
  fields: {
    command_id: CommandId,
    command_type: Type.String(),
    result: Type.Union([Type.String(), Type.Null()]),
    label: Type.Optional(Type.String()),
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  },
  example: {
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    result: 'task-1',
    seq: 7,
    actor: { id: 'anonymous' },
  },
})

export const GraphCommandFailed = graphEvent({
  name: 'command:failed',
  description: 'A command was refused. `error` is the message.',
  fields: {
    command_id: CommandId,
    command_type: Type.String(),
    error: Type.String(),
    code: ErrorCodeSchema,
    error_id: Type.Optional(ErrorId),
    actor: Type.Optional(Actor),
  },
  example: {
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    error: 'Parent node not found',
    code: 'INVALID_PARENT',
  },
})

export const GraphCommandUndo = ofGraph(CommandUndo, {
  name: 'command:undo',
  description: 'A command was undone; `command_id` is the undone command.',
  without: ['seq', 'actor'],
})

export const GraphCommandRedo = ofGraph(CommandRedo, {
  name: 'command:redo',
  description: 'A command was redone; `command_id` is the redone command.',
  without: ['seq', 'actor'],
})
