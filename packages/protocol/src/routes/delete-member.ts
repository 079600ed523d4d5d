import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ActorId, SessionId } from '../model/id.js'
import { MemberParams } from '../model/member.js'
import { SESSION_ID } from './examples.js'

/** Takes the role of somebody in a session; anybody may give up their own. */
export const DeleteMember = defineRoute({
  method: 'DELETE',
  path: '/sessions/{session_id}/members/{actor_id}',
  summary: 'Takes the role of somebody in a session; anybody may give up their own.',
  requires: 'owner',
  scope: 'session',
  params: MemberParams,
  status: 200,
  response: Type.Object({ session_id: SessionId, actor_id: ActorId, deleted: Type.Literal(true) }),
  errors: ['SESSION_NOT_FOUND', 'MEMBER_NOT_FOUND', 'LAST_OWNER'],
  example: {
    params: { session_id: SESSION_ID, actor_id: 'ann' },
    response: { session_id: SESSION_ID, actor_id: 'ann', deleted: true },
  },
})
