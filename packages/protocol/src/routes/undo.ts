import Type from 'typebox'
import { defineRoute } from '../define.js'
import { CommandAnswer } from '../model/command-answer.js'
import { SessionId } from '../model/id.js'
import { UndoRequest } from '../model/undo-request.js'

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
})
