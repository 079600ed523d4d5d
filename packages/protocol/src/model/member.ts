import Type, { type Static } from 'typebox'
import type { Role } from '../define.js'
import { ActorId, SessionId } from './id.js'
import { Timestamp } from './seq.js'

/** From the least to the most. */
export const ROLES = ['viewer', 'commenter', 'editor', 'owner'] as const satisfies Role[]

/** What somebody may do in a session; each role includes the ones before it. */
export const RoleSchema = Type.Unsafe<Role>({
  type: 'string',
  enum: [...ROLES],
  description: 'A role; each includes the ones before it',
})

/** Somebody with a role in a session. */
export const Member = Type.Object(
  {
    actor_id: ActorId,
    name: Type.Union([Type.String(), Type.Null()], {
      description: 'As it was when they were added',
    }),
    role: RoleSchema,
    added_at: Timestamp,
    added_by: ActorId,
  },
  { description: 'Somebody with a role in a session' },
)
export type Member = Static<typeof Member>

export const MemberParams = Type.Object({ session_id: SessionId, actor_id: ActorId })

export const SessionMember = Type.Object({ session_id: SessionId, member: Member })
