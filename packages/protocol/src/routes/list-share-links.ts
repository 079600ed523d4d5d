import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId } from '../model/id.js'
import { ShareLink } from '../model/share-link.js'
import { SESSION_ID, LINK } from './examples.js'

/** Lists the share links of a session, without their tokens. */
export const ListShareLinks = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/share-links',
  summary: 'Lists the share links of a session, without their tokens.',
  requires: 'owner',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  status: 200,
  response: Type.Object({ session_id: SessionId, links: Type.Array(ShareLink) }),
  errors: ['SESSION_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID },
    response: { session_id: SESSION_ID, links: [LINK] },
  },
})
