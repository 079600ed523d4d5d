import Type from 'typebox'
import { defineRoute } from '../define.js'
import { Change } from '../model/change.js'
import { SessionId } from '../model/id.js'
import { Epoch, Seq } from '../model/seq.js'
import { SESSION_ID, ENTRY } from './examples.js'

/** The net changes from one seq to another, by default the last one. */
export const GetDiff = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/diff',
  summary: 'The net changes from one seq to another, by default the last one.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  query: Type.Object(
    { from_seq: Seq, to_seq: Type.Optional(Seq) },
    { additionalProperties: false },
  ),
  status: 200,
  response: Type.Object({
    session_id: SessionId,
    epoch: Epoch,
    from_seq: Seq,
    to_seq: Seq,
    changes: Type.Array(Change),
  }),
  errors: ['SESSION_NOT_FOUND', 'HISTORY_TRUNCATED'],
  example: {
    params: { session_id: SESSION_ID },
    query: { from_seq: 6, to_seq: 7 },
    response: {
      session_id: SESSION_ID,
      epoch: 'e-1',
      from_seq: 6,
      to_seq: 7,
      changes: ENTRY.changes,
    },
  },
})
