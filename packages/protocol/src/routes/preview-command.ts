import { defineRoute } from '../define.js'
import { ExecuteCommand } from '../events/client/execute-command.js'
import { PreviewSuccess } from '../model/preview.js'
import { ExecuteCommandRoute } from './execute-command.js'
import { SESSION_ID, ENTRY } from './examples.js'

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
  example: {
    body: {
      session_id: SESSION_ID,
      command_type: 'UpdateProperty',
      data: { node_id: 'task-1', property_id: 'status', new_value: 'in-progress' },
    },
    response: { ok: true, seq: 6, changes: ENTRY.changes, result: null },
  },
})
