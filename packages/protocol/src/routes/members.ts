import Type from 'typebox'
import { defineRoute } from '../define.js'
import { ActorId, SessionId } from '../model/id.js'
import { PartCursor, PartQuery } from '../model/list-page.js'
import {
  LinkId,
  Member,
  MemberParams,
  RoleSchema,
  SessionMember,
  ShareLink,
  ShareLinkParams,
  ShareToken,
  SharedRole,
} from '../model/member.js'
import { Timestamp } from '../model/seq.js'
import { LINK, MEMBER, SESSION_ID } from './examples.js'

export const ListMembers = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/members',
  summary: 'Lists who has a role in a session, oldest first; a page of it where one is asked for.',
  requires: 'viewer',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  query: PartQuery,
  status: 200,
  response: Type.Object({
    session_id: SessionId,
    members: Type.Array(Member),
    next_cursor: PartCursor,
  }),
  errors: ['SESSION_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID },
    query: { limit: 100 },
    response: { session_id: SESSION_ID, members: [MEMBER], next_cursor: null },
  },
})

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

export const ListShareLinks = defineRoute({
  method: 'GET',
  path: '/sessions/{session_id}/share-links',
  summary:
    'Lists the share links of a session, without their tokens, oldest first; a page of it where one is asked for.',
  requires: 'owner',
  scope: 'session',
  params: Type.Object({ session_id: SessionId }),
  query: PartQuery,
  status: 200,
  response: Type.Object({
    session_id: SessionId,
    links: Type.Array(ShareLink),
    next_cursor: PartCursor,
  }),
  errors: ['SESSION_NOT_FOUND'],
  example: {
    params: { session_id: SESSION_ID },
    query: { limit: 100 },
    response: { session_id: SESSION_ID, links: [LINK], next_cursor: null },
  },
})

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
