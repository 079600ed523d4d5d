import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId } from '../model/id.js'
import { SESSION_ID } from './examples.js'

/** Deletes a session with its history; its clients are disconnected from it. */
export const DeleteSession = defineRoute({
  method: 'DELETE',
  path: '/sessions/{session_id}',
  summary: 'Deletes a session with its history; its clients are disconnected from it.',
  requires: 'owner',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  status: 200,
  response: Type.Object({ session_id: SessionId, deleted: Type.Literal(true) }),
  errors: ['SESSION_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID },
    response: { session_id: SESSION_ID, deleted: true },
  },
})
