import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { ErrorBody } from '../../model/failure.js'
import { CommandId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { Seq } from '../../model/seq.js'
import { roomEvent } from '../fields.js'

export const CommandExecuting = defineServerEvent({
  name: 'command:executing',
  description: 'A command is being executed; executed or failed follows.',
  payload: roomEvent('command:executing', {
    command_id: CommandId,
    command_type: Type.String(),
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    event: 'command:executing',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    actor: { id: 'anonymous' },
  },
})

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

export const CommandFailed = defineServerEvent({
  name: 'command:failed',
  description: 'A command was refused and left no trace.',
  payload: roomEvent('command:failed', {
    command_id: CommandId,
    command_type: Type.String(),
    error: ErrorBody,
    actor: Type.Optional(Actor),
  }),
  example: {
    event: 'command:failed',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    command_id: 'cmd-1',
    command_type: 'CreateNode',
    error: { code: 'INVALID_PARENT', message: 'Parent node not found', retryable: false },
  },
})

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

export const CommandRedo = defineServerEvent({
  name: 'command:redo',
  description:
    'A command was redone. `command_id` and `command_type` are those of the redone command.',
  payload: roomEvent('command:redo', {
    command_id: CommandId,
    command_type: Type.String(),
    target_command_id: CommandId,
    entry_command_id: CommandId,
    actor: Type.Optional(Actor),
    seq: Type.Optional(Seq),
  }),
  example: {
    event: 'command:redo',
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
