import Type from 'typebox'
import { defineRoute } from '../define.js'
import { GraphState } from '../model/graph.js'
import { SessionId } from '../model/id.js'
import { Moment } from '../model/moment.js'
import { SESSION_ID, GRAPH } from './examples.js'

/** The whole graph of a session as a flat list in pre-order. */
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
