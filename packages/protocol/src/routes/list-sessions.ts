import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ListQuery, NextCursor } from '../model/list-page.js'
import { SessionInfo } from '../model/session.js'
import { SESSION } from './examples.js'

/** Lists the sessions, oldest first, a page at a time. */
export const ListSessions = defineRoute({
  method: 'GET',
  path: '/sessions',
  summary: 'Lists the sessions, oldest first, a page at a time.',
  requires: 'viewer',
  scope: 'user',
  query: ListQuery,
  status: 200,
  response: Type.Object({ sessions: Type.Array(SessionInfo), next_cursor: NextCursor }),
  errors: [],
  example: { query: { limit: 100 }, response: { sessions: [SESSION], next_cursor: null } },
})
