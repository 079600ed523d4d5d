import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId } from '../model/id.js'
import { SearchPage, SearchQuery } from '../model/search.js'
import { Epoch, Seq } from '../model/seq.js'
import { SESSION_ID, STANDING, TASK } from './examples.js'

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
