import { defineRoute } from '../define.js'
import { ExecuteCommand } from '../events/client/execute-command.js'
import { CommandAnswer } from '../model/command-answer.js'
import { SESSION_ID } from './examples.js'

/** Executes a command; the session comes from `X-Session-ID` or the body. */
export const ExecuteCommandRoute = defineRoute({
  method: 'POST',
  path: '/commands/execute',
  summary: 'Executes a command; the session comes from `X-Session-ID` or the body.',
  requires: 'editor',
  scope: 'session',
  body: ExecuteCommand.payload,
  status: 200,
  response: CommandAnswer,
  errors: [
    'SESSION_NOT_FOUND',
    'UNKNOWN_COMMAND',
    'NODE_NOT_FOUND',
    'PROPERTY_NOT_FOUND',
    'NODE_EXISTS',
    'ALREADY_LINKED',
    'NOT_LINKED',
    'CYCLE_DETECTED',
    'COMMAND_ID_REUSED',
    'PRECONDITION_FAILED',
    'INVALID_PARENT',
    'TYPE_NOT_ALLOWED',
    'UNKNOWN_NODE_TYPE',
    'INVALID_PROPERTY',
  ],
  example: {
    body: {
      session_id: SESSION_ID,
      command_type: 'UpdateProperty',
      data: { node_id: 'task-1', property_id: 'status', new_value: 'in-progress' },
    },
    response: { success: true, ok: true, command_id: 'cmd-1', seq: 7, result: null },
  },
})
