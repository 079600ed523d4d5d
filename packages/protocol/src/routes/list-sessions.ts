import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionInfo } from '../model/session.js'
import { SESSION } from './examples.js'

/** Lists the sessions, oldest first. */
export const ListSessions = defineRoute({
  method: 'GET',
  path: '/sessions',
  summary: 'Lists the sessions, oldest first.',
  requires: 'viewer',
  scope: 'user',
  status: 200,
  response: Type.Object({ sessions: Type.Array(SessionInfo) }),
  errors: [],
  example: { response: { sessions: [SESSION] } },
})
