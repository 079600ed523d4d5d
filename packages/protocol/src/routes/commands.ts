import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ExecuteCommand } from '../events/client/commands.js'
import { CommandAnswer } from '../model/ack.js'
import { PreviewSuccess } from '../model/history.js'
import { SessionId } from '../model/id.js'
import { UndoRequest } from '../model/undo-request.js'
import { ENTRY, SESSION_ID } from './examples.js'

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
