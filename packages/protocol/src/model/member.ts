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

export const LinkId = Type.String({
  pattern: '^[A-Za-z0-9._:-]{1,128}$',
  description: 'Id of a share link; not its token',
})

/** What a link may give: never ownership. */
export const SharedRole = Type.Union(
  [Type.Literal('viewer'), Type.Literal('commenter'), Type.Literal('editor')],
  { description: 'The role that whoever holds the link has in the session' },
)

/** A link that gives a role to whoever holds it, as owners see it. */
export const ShareLink = Type.Object(
  {
    link_id: LinkId,
    role: SharedRole,
    expires_at: Type.Union([Timestamp, Type.Null()]),
    created_at: Timestamp,
    created_by: Type.String(),
  },
  { description: 'A link that gives a role to whoever holds it' },
)
export type ShareLink = Static<typeof ShareLink>

/** Proof of a share link: in the handshake, in `join_session`, or in the header `X-Share-Token`. */
export const ShareToken = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'The token of a share link',
})

/** Tells a guest of a share link from the others; whoever holds it is that guest (rule AUTH11). */
export const GuestToken = Type.String({
  pattern: '^[A-Za-z0-9_-]{43}$',
  description: 'The secret of one guest of a share link, as the server made it',
})

export const ShareLinkParams = Type.Object({ session_id: SessionId, link_id: LinkId })
