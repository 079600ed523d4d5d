import Type from 'typebox'
import { defineRoute } from '../define.js'
import { CommandAnswer } from '../model/command-answer.js'
import { SessionId } from '../model/id.js'
import { RestoreRequest } from '../model/restore-request.js'
import { SESSION_ID } from './examples.js'

/** Appends a commit that returns to the state of a seq. */
export const RestoreRoute = defineRoute({
  method: 'POST',
  path: '/sessions/{session_id}/restore',
  summary: 'Appends a commit that returns to the state of a seq.',
  requires: 'owner',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  body: RestoreRequest,
  status: 200,
  response: CommandAnswer,
  errors: ['SESSION_NOT_FOUND', 'FORBIDDEN', 'HISTORY_TRUNCATED', 'COMMAND_ID_REUSED'],
  example: {
    params: { session_id: SESSION_ID },
    body: { seq: 6, label: 'Before the cut' },
    response: { success: true, ok: true, command_id: 'cmd-4', seq: 8, result: null },
  },
})
