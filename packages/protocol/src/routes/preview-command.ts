import { defineRoute } from '../define.js'
import { ExecuteCommand } from '../events/client/execute-command.js'
import { PreviewSuccess } from '../model/preview.js'
import { ExecuteCommandRoute } from './execute-command.js'

/** Answers with the changes or the error that executing now would give. */
export const PreviewCommandRoute = defineRoute({
  method: 'POST',
  path: '/commands/preview',
  summary: 'Answers with the changes or the error that executing now would give.',
  requires: 'viewer',
  scope: 'session',
  body: ExecuteCommand.payload,
  status: 200,
  response: PreviewSuccess,
  // It gives the error that executing would give.
  errors: ExecuteCommandRoute.errors,
})
