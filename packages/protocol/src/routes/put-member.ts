import Type from 'typebox'
import { defineRoute } from '../define.js'
import { MemberParams, RoleSchema, SessionMember } from '../model/member.js'
import { SESSION_ID, MEMBER } from './examples.js'

/** Gives somebody a role in a session. */
export const PutMember = defineRoute({
  method: 'PUT',
  path: '/sessions/{session_id}/members/{actor_id}',
  summary: 'Gives somebody a role in a session.',
  requires: 'owner',
  scope: 'session',
  params: MemberParams,
  body: Type.Object({ role: RoleSchema }, { additionalProperties: false }),
  status: 200,
  response: SessionMember,
  errors: ['SESSION_NOT_FOUND', 'LAST_OWNER'],
  example: {
    params: { session_id: SESSION_ID, actor_id: 'ann' },
    body: { role: 'editor' },
    response: { session_id: SESSION_ID, member: MEMBER },
  },
})
