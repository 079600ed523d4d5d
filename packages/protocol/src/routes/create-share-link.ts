import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId } from '../model/id.js'
import { Timestamp } from '../model/seq.js'
import { SharedRole, ShareLink, ShareToken } from '../model/share-link.js'
import { SESSION_ID, LINK } from './examples.js'

/** Makes a link that gives a role in a session. Its token is told this once. */
export const CreateShareLink = defineRoute({
  method: 'POST',
  path: '/sessions/{session_id}/share-links',
  summary: 'Makes a link that gives a role in a session. Its token is told this once.',
  requires: 'owner',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  body: Type.Object(
    { role: SharedRole, expires_at: Type.Optional(Timestamp) },
    { additionalProperties: false },
  ),
  status: 201,
  response: Type.Object({ session_id: SessionId, link: ShareLink, token: ShareToken }),
  errors: ['SESSION_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID },
    body: { role: 'viewer' },
    response: { session_id: SESSION_ID, link: LINK, token: 'a-token-told-this-once' },
  },
})
