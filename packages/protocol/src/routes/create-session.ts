import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId, TemplateId } from '../model/id.js'
import { SessionInfo } from '../model/session.js'
import { SESSION_ID, SESSION } from './examples.js'

/** Creates a session, empty, with or without a template. */
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
