import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId } from '../model/id.js'
import { SessionInfo } from '../model/session.js'
import { SESSION_ID, SESSION } from './examples.js'

/** Shows one session and where it stands. */
export const GetSession = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}',
  summary: 'Shows one session and where it stands.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  status: 200,
  response: SessionInfo,
  errors: ['SESSION_NOT_FOUND'],
  example: { params: { session_id: SESSION_ID }, response: SESSION },
})
