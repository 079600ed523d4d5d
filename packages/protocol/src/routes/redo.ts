import Type from 'typebox'
import { defineRoute } from '../define.js'
import { CommandAnswer } from '../model/command-answer.js'
import { SessionId } from '../model/id.js'
import { UndoRequest } from '../model/undo-request.js'
import { SESSION_ID } from './examples.js'

/** Redoes what the actor undid last. */
export const RedoRoute = defineRoute({
  method: 'POST',
  path: '/sessions/{session_id}/redo',
  summary: 'Redoes what the actor undid last.',
  requires: 'editor',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  body: UndoRequest,
  status: 200,
  response: CommandAnswer,
  errors: ['SESSION_NOT_FOUND', 'NOTHING_TO_REDO', 'UNDO_CONFLICT', 'COMMAND_ID_REUSED'],
  example: {
    params: { session_id: SESSION_ID },
    body: {},
    response: {
      success: true,
      ok: true,
      command_id: 'cmd-3',
      seq: 9,
      result: null,
      target_command_id: 'cmd-1',
      undo: { status: 'applied', skipped: [] },
    },
  },
})
