import Type from 'typebox'
import { defineRoute } from '../define.js'
import { CommandAnswer } from '../model/command-answer.js'
import { SessionId } from '../model/id.js'
import { UndoRequest } from '../model/undo-request.js'
import { SESSION_ID } from './examples.js'

/** Undoes the last command of the actor. */
export const UndoRoute = defineRoute({
  method: 'POST',
  path: '/sessions/{session_id}/undo',
  summary: 'Undoes the last command of the actor.',
  requires: 'editor',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  body: UndoRequest,
  status: 200,
  response: CommandAnswer,
  errors: ['SESSION_NOT_FOUND', 'NOTHING_TO_UNDO', 'UNDO_CONFLICT', 'COMMAND_ID_REUSED'],
  example: {
    params: { session_id: SESSION_ID },
    body: {},
    response: {
      success: true,
      ok: true,
      command_id: 'cmd-2',
      seq: 8,
      result: null,
      target_command_id: 'cmd-1',
      undo: { status: 'applied', skipped: [] },
    },
  },
})
