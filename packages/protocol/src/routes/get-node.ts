import Type from 'typebox'
import { defineRoute } from '../define.js'
import { Node } from '../model/node.js'
import { NodeId, SessionId } from '../model/id.js'
import { Seq } from '../model/seq.js'
import { SESSION_ID, TASK } from './examples.js'

/** One node of a session. */
export const GetNode = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/nodes/{node_id}',
  summary: 'One node of a session.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId, node_id: NodeId }),
  status: 200,
  response: Type.Object({ session_id: SessionId, seq: Seq, node: Node }),
  errors: ['SESSION_NOT_FOUND', 'NODE_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID, node_id: 'task-1' },
    response: { session_id: SESSION_ID, seq: 7, node: TASK },
  },
})
