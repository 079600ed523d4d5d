import Type from 'typebox'
import { defineRoute } from '../define.js'
import { historyQuery, NodeHistoryPage } from '../model/history.js'
import { NodeId, SessionId } from '../model/id.js'
import { SESSION_ID, STANDING, ENTRY, HISTORY_ENTRY } from './examples.js'

/** The entries that touched one node, newest first, also when it is gone. */
export const GetNodeHistory = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/nodes/{node_id}/history',
  summary: 'The entries that touched one node, newest first, also when it is gone.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId, node_id: NodeId }),
  query: Type.Object(historyQuery, { additionalProperties: false }),
  status: 200,
  response: NodeHistoryPage,
  errors: ['SESSION_NOT_FOUND', 'NODE_NOT_FOUND', 'HISTORY_TRUNCATED'],
  example: {
    params: { session_id: SESSION_ID, node_id: 'task-1' },
    query: { limit: 50 },
    response: {
      ...STANDING,
      node_id: 'task-1',
      next_before_seq: null,
      entries: [{ ...HISTORY_ENTRY, changes: ENTRY.changes }],
    },
  },
})
