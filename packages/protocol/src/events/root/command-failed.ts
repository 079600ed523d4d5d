import Type from 'typebox'
import { defineServerEvent } from '../../define.js'
import { Actor } from '../../model/actor.js'
import { ErrorBody } from '../../model/failure.js'
import { CommandId } from '../../model/id.js'
import { roomEvent } from '../fields.js'

/** A command was refused and left no trace. */
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
