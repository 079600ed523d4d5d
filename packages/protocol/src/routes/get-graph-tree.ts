import Type from 'typebox'
import { defineRoute } from '../define.js'
import { GraphTree } from '../model/graph-tree.js'
import { SessionId } from '../model/id.js'
import { Moment } from '../model/moment.js'
import { SESSION_ID, STANDING, PHASE, TASK } from './examples.js'

/** The whole graph of a session, nested: `children` holds nodes. */
export const GetGraphTree = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/graph/tree',
  summary: 'The whole graph of a session, nested: `children` holds nodes.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  query: Moment,
  status: 200,
  response: GraphTree,
  etag: true,
  errors: ['SESSION_NOT_FOUND', 'HISTORY_TRUNCATED', 'PRECONDITION_FAILED'],
  example: {
    params: { session_id: SESSION_ID },
    query: { min_seq: 7 },
    response: {
      ...STANDING,
      project_id: 'p-1',
      template_id: null,
      roots: [{ ...PHASE, children: [{ ...TASK, children: [] }] }],
    },
  },
})
