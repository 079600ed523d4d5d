import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { ErrorCodeSchema, ErrorId } from '../../model/failure.js'
import { CommandId } from '../../model/id.js'
import { graphEvent } from '../fields.js'

/** A command was refused. `error` is the message. */
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
