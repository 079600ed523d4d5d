import Type from 'typebox'
import { defineRoute } from '../define.js'
import { Affordances } from '../model/affordances.js'
import { GraphState, GraphTree } from '../model/graph.js'
import { NodeId, SessionId } from '../model/id.js'
import { Node } from '../model/node.js'
import { SearchPage, SearchQuery } from '../model/search.js'
import { Epoch, Moment, Seq } from '../model/seq.js'
import { GRAPH, PHASE, SESSION_ID, STANDING, TASK } from './examples.js'

export const GetGraph = defineRoute({
  method: 'GET',
  path: '/graph',
  summary: 'The whole graph of a session as a flat list in pre-order.',
  requires: 'viewer',
  scope: 'session',
  query: Type.Object(
    { session_id: Type.Optional(SessionId), ...Moment.properties },
    { additionalProperties: false },
  ),
  status: 200,
  response: GraphState,
  etag: true,
  errors: ['SESSION_NOT_FOUND', 'HISTORY_TRUNCATED', 'PRECONDITION_FAILED'],
  example: { query: { session_id: SESSION_ID }, response: GRAPH },
})

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

/** The nodes that match a query, in pre-order, with their ancestors. */
export const SearchGraph = defineRoute({
  method: 'POST',
  path: '/graph/search',
  summary: 'The nodes that match a query; the session comes from `X-Session-ID` or the body.',
  requires: 'viewer',
  scope: 'session',
  body: Type.Object(
    { session_id: Type.Optional(SessionId), ...SearchQuery.properties },
    { additionalProperties: false },
  ),
  status: 200,
  response: Type.Object({
    session_id: SessionId,
    epoch: Epoch,
    seq: Seq,
    ...SearchPage.properties,
  }),
  errors: ['SESSION_NOT_FOUND', 'NODE_NOT_FOUND'],
  example: {
    body: {
      session_id: SESSION_ID,
      text: 'trailer',
      property: [{ property_id: 'status', operator: 'eq', value: 'in-progress' }],
    },
    response: {
      ...STANDING,
      matches: [{ node: TASK, path: [{ id: 'phase-1', name: 'Post-production' }] }],
      has_more: false,
      next_cursor: null,
    },
  },
})
