import Type from 'typebox'
import { defineRoute } from '../define.js'
import { CommandAnswer } from '../model/ack.js'
import { Change } from '../model/change.js'
import { Entry } from '../model/entry.js'
import { HistoryPage, NodeHistoryPage, historyQuery } from '../model/history.js'
import { ActorId, NodeId, SessionId } from '../model/id.js'
import { Epoch, Seq } from '../model/seq.js'
import { RestoreRequest } from '../model/undo-request.js'
import { ENTRY, HISTORY_ENTRY, SESSION_ID, STANDING } from './examples.js'

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

export const GetHistory = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/history',
  summary: 'What was done in a session, newest first, for people to read.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  query: Type.Object(
    { ...historyQuery, actor: Type.Optional(ActorId) },
    { additionalProperties: false },
  ),
  status: 200,
  response: HistoryPage,
  errors: ['SESSION_NOT_FOUND', 'HISTORY_TRUNCATED'],
  example: {
    params: { session_id: SESSION_ID },
    query: { limit: 50 },
    response: { ...STANDING, next_before_seq: null, entries: [HISTORY_ENTRY] },
  },
})

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

export const RestoreRoute = defineRoute({
  method: 'POST',
  path: '/sessions/{session_id}/restore',
  summary: 'Appends a commit that returns to the state of a seq.',
  requires: 'owner',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  body: RestoreRequest,
  status: 200,
  response: CommandAnswer,
  errors: ['SESSION_NOT_FOUND', 'FORBIDDEN', 'HISTORY_TRUNCATED', 'COMMAND_ID_REUSED'],
  example: {
    params: { session_id: SESSION_ID },
    body: { seq: 6, label: 'Before the cut' },
    response: { success: true, ok: true, command_id: 'cmd-4', seq: 8, result: null },
  },
})
