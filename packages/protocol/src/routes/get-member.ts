import { defineRoute } from '../define.js'
import { MemberParams, SessionMember } from '../model/member.js'
import { SESSION_ID, MEMBER } from './examples.js'

/** Shows the role of somebody in a session. */
export const GetMember = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/members/{actor_id}',
  summary: 'Shows the role of somebody in a session.',
  requires: 'viewer',
  scope: 'session',
  params: MemberParams,
  status: 200,
  response: SessionMember,
  errors: ['SESSION_NOT_FOUND', 'MEMBER_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID, actor_id: 'ann' },
    response: { session_id: SESSION_ID, member: MEMBER },
  },
})
