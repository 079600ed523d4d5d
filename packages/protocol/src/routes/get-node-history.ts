import Type from 'typebox'
import { defineRoute } from '../define.js'
import { historyQuery, NodeHistoryPage } from '../model/history.js'
import { NodeId, SessionId } from '../model/id.js'

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
})
