import Type from 'typebox'
import { defineRoute } from '../define.js'
import { Affordances } from '../model/affordances.js'
import { NodeId, SessionId } from '../model/id.js'
import { Seq } from '../model/seq.js'
import { SESSION_ID } from './examples.js'

/** What may be done to a node, by the rules that commands are held to. */
export const GetAffordances = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/nodes/{node_id}/affordances',
  summary: 'What may be done to a node, by the rules that commands are held to.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId, node_id: NodeId }),
  status: 200,
  response: Type.Object({
    session_id: SessionId,
    seq: Seq,
    node_id: NodeId,
    ...Affordances.properties,
  }),
  errors: ['SESSION_NOT_FOUND', 'NODE_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID, node_id: 'task-1' },
    response: {
      session_id: SESSION_ID,
      seq: 7,
      node_id: 'task-1',
      child_types: [{ id: 'note', label: 'Note' }],
      move_targets: { node_ids: ['phase-1'], truncated: false },
      properties: [
        {
          id: 'status',
          label: 'Status',
          type: 'select',
          required: false,
          options: [{ id: 'in-progress', name: 'In progress' }],
        },
      ],
      deletable_properties: ['status'],
      can_delete: true,
      can_unlink: true,
      can_link: false,
    },
  },
})
