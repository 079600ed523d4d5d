import Type from 'typebox'
import { defineRoute } from '../define.js'
import { Entry } from '../model/entry.js'
import { SessionId } from '../model/id.js'
import { Epoch, Seq } from '../model/seq.js'
import { SESSION_ID, STANDING, ENTRY } from './examples.js'

/** The entries after `after_seq`, at most `limit` of them. */
export const GetChanges = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/changes',
  summary: 'The entries after `after_seq`, at most `limit` of them.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  query: Type.Object(
    {
      after_seq: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    },
    { additionalProperties: false },
  ),
  status: 200,
  response: Type.Object({
    session_id: SessionId,
    epoch: Epoch,
    seq: Seq,
    entries: Type.Array(Entry),
    has_more: Type.Boolean(),
  }),
  errors: ['SESSION_NOT_FOUND', 'HISTORY_TRUNCATED'],
  example: {
    params: { session_id: SESSION_ID },
    query: { after_seq: 6, limit: 100 },
    response: { ...STANDING, entries: [ENTRY], has_more: false },
  },
})
