import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId, TemplateId } from '../model/id.js'
import { ListQuery, NextCursor } from '../model/list-page.js'
import { SessionInfo } from '../model/session.js'
import { SESSION, SESSION_ID } from './examples.js'

export const CreateSession = defineRoute({
  method: 'POST',
  path: '/sessions',
  summary: 'Creates a session, empty, with or without a template.',
  requires: 'editor',
  scope: 'user',
  body: Type.Object(
    {
      session_id: Type.Optional(SessionId),
      template_id: Type.Optional(Type.Union([TemplateId, Type.Null()])),
    },
    { additionalProperties: false },
  ),
  status: 201,
  response: SessionInfo,
  errors: ['TEMPLATE_NOT_FOUND', 'INVALID_TEMPLATE'],
  example: {
    body: { session_id: SESSION_ID, template_id: 'film-production' },
    response: {
      ...SESSION,
      project_id: null,
      template_id: 'film-production',
      seq: 0,
      active_clients: 0,
    },
  },
})

export const ListSessions = defineRoute({
  method: 'GET',
  path: '/sessions',
  summary: 'Lists the sessions, oldest first, a page at a time.',
  requires: 'viewer',
  scope: 'user',
  query: ListQuery,
  status: 200,
  response: Type.Object({ sessions: Type.Array(SessionInfo), next_cursor: NextCursor }),
  errors: [],
  example: { query: { limit: 100 }, response: { sessions: [SESSION], next_cursor: null } },
})

export const GetSession = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}',
  summary: 'Shows one session and where it stands.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  status: 200,
  response: SessionInfo,
  errors: ['SESSION_NOT_FOUND'],
  example: { params: { session_id: SESSION_ID }, response: SESSION },
})

export const DeleteSession = defineRoute({
  method: 'DELETE',
  path: '/sessions/{session_id}',
  summary: 'Deletes a session with its history; its clients are disconnected from it.',
  requires: 'owner',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  status: 200,
  response: Type.Object({ session_id: SessionId, deleted: Type.Literal(true) }),
  errors: ['SESSION_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID },
    response: { session_id: SESSION_ID, deleted: true },
  },
})
