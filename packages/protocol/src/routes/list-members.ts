import Type from 'typebox'
import { defineRoute } from '../define.js'
import { SessionId } from '../model/id.js'
import { Member } from '../model/member.js'
import { SESSION_ID, MEMBER } from './examples.js'

/** Lists who has a role in a session, oldest first. */
export const ListMembers = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/members',
  summary: 'Lists who has a role in a session, oldest first.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  status: 200,
  response: Type.Object({ session_id: SessionId, members: Type.Array(Member) }),
  errors: ['SESSION_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID },
    response: { session_id: SESSION_ID, members: [MEMBER] },
  },
})
