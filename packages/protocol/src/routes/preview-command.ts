import { defineRoute } from '../define.js'
import { ExecuteCommand } from '../events/client/execute-command.js'
import { PreviewSuccess } from '../model/preview.js'

/** Answers with the changes or the error that executing now would give. */
export const PreviewCommandRoute = defineRoute({
  method: 'POST',
  path: '/commands/preview',
  summary: 'Answers with the changes or the error that executing now would give.',
  requires: 'viewer',
  body: ExecuteCommand.payload,
  status: 200,
  response: PreviewSuccess,
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
})
