import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId } from '../model/id.js'
import { LinkId, ShareLinkParams } from '../model/share-link.js'
import { SESSION_ID } from './examples.js'

/** Revokes a share link; who came by it has to go. */
export const DeleteShareLink = defineRoute({
  method: 'DELETE',
  path: '/sessions/{session_id}/share-links/{link_id}',
  summary: 'Revokes a share link; who came by it has to go.',
  requires: 'owner',
  scope: 'session',
  params: ShareLinkParams,
  status: 200,
  response: Type.Object({ session_id: SessionId, link_id: LinkId, deleted: Type.Literal(true) }),
  errors: ['SESSION_NOT_FOUND', 'SHARE_LINK_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID, link_id: 'link-1' },
    response: { session_id: SESSION_ID, link_id: 'link-1', deleted: true },
  },
})
