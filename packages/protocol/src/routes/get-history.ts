import Type from 'typebox'
import { defineRoute } from '../define.js'
import { HistoryPage, historyQuery } from '../model/history.js'
import { ActorId, SessionId } from '../model/id.js'
import { SESSION_ID, STANDING, HISTORY_ENTRY } from './examples.js'

/** What was done in a session, newest first, for people to read. */
export const GetHistory = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/history',
  summary: 'What was done in a session, newest first, for people to read.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  query: Type.Object(
    { ...historyQuery, actor: Type.Optional(ActorId) },
    { additionalProperties: false },
  ),
  status: 200,
  response: HistoryPage,
  errors: ['SESSION_NOT_FOUND', 'HISTORY_TRUNCATED'],
  example: {
    params: { session_id: SESSION_ID },
    query: { limit: 50 },
    response: { ...STANDING, next_before_seq: null, entries: [HISTORY_ENTRY] },
  },
})
