import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { ErrorCodeSchema, ErrorId } from '../../model/failure.js'
import { CommandId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { graphEvent } from '../fields.js'

export const GraphCommandExecuting = defineServerEvent({
  name: 'command:executing',
  description: 'A command is being executed.',
  payload: graphEvent({
    command_id: CommandId,
    command_type: Type.String(),
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
  },
})

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

export const GraphCommandFailed = defineServerEvent({
  name: 'command:failed',
  description: 'A command was refused. `error` is the message.',
  payload: graphEvent({
    command_id: CommandId,
    command_type: Type.String(),
    error: Type.String(),
    code: ErrorCodeSchema,
    error_id: Type.Optional(ErrorId),
    actor: Type.Optional(Actor),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    error: 'Parent node not found',
    code: 'INVALID_PARENT',
  },
})

export const GraphCommandUndo = defineServerEvent({
  name: 'command:undo',
  description: 'A command was undone; `command_id` is the undone command.',
  payload: graphEvent({
    command_id: CommandId,
    command_type: Type.String(),
    target_command_id: CommandId,
    entry_command_id: CommandId,
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    target_command_id: 'cmd-1',
    entry_command_id: 'cmd-2',
  },
})

export const GraphCommandRedo = defineServerEvent({
  name: 'command:redo',
  description: 'A command was redone; `command_id` is the redone command.',
  payload: graphEvent({
    command_id: CommandId,
    command_type: Type.String(),
    target_command_id: CommandId,
    entry_command_id: CommandId,
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    target_command_id: 'cmd-1',
    entry_command_id: 'cmd-2',
  },
})
