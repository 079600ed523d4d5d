import { ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { authorise } from '../../gate/gate.js'
import type { Memberships } from '../../members/memberships.js'
import type { ShareLinks } from '../../members/share-links.js'
import type { SessionStore } from '../../sessions/session-store.js'
import { stillHas } from './door.js'
import { mount, type RouteHandler } from './route.js'

/** What the routes stand on. */
export type MemberServices = {
  sessions: SessionStore
  memberships: Memberships
  links: ShareLinks
}

/** The dispatcher's way, but with an exception: anybody may give up their own role. */
const LEAVING = { unchecked: true, inTurn: true }

export function mountMembers(app: FastifyInstance, services: MemberServices): void {
  const { sessions, memberships, links } = services
  mount(app, 'ListMembers', async ({ params: { session_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const members = await memberships.list(session_id)
    return members.ok ? ok({ session_id, members: members.value }) : members
  })
  mount(app, 'GetMember', async ({ params: { session_id, actor_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const member = await memberships.get(session_id, actor_id)
    return member.ok ? ok({ session_id, member: member.value }) : member
  })
  const put: RouteHandler<'PutMember'> = async ({ caller, params, body: { role }, reply }) => {
    const { session_id, actor_id } = params
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const member = await memberships.put(session_id, {
      actor_id,
      role,
      by: caller.actor,
      still: stillHas(reply, caller, 'owner'),
    })
    return member.ok ? ok({ session_id, member: member.value }) : member
  }
  mount(app, 'PutMember', put, { inTurn: true })
  mount(
    app,
    'DeleteMember',
    async ({ caller, params: { session_id, actor_id }, reply }) => {
      const leaves = caller.actor.id === actor_id
      const requires = leaves ? 'viewer' : 'owner'
      const authorised = authorise(caller, requires)
      if (!authorised.ok) return authorised
      const session = await sessions.get(session_id)
      if (!session.ok) return session
      const removed = await memberships.remove(
        session_id,
        actor_id,
        stillHas(reply, caller, requires),
      )
      return removed.ok ? ok({ session_id, actor_id, deleted: true as const }) : removed
    },
    LEAVING,
  )
  const share: RouteHandler<'CreateShareLink'> = async ({ caller, params, body, reply }) => {
    const { session_id } = params
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const created = await links.create(session_id, {
      ...body,
      by: caller.actor,
      still: stillHas(reply, caller, 'owner'),
    })
    return created.ok ? ok({ session_id, ...created.value }) : created
  }
  mount(app, 'CreateShareLink', share, { inTurn: true })
  mount(app, 'ListShareLinks', async ({ params: { session_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    return ok({ session_id, links: await links.list(session_id) })
  })
  const revoke: RouteHandler<'DeleteShareLink'> = async ({ params: { session_id, link_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const revoked = await links.revoke(session_id, link_id)
    return revoked.ok ? ok({ session_id, link_id, deleted: true as const }) : revoked
  }
  mount(app, 'DeleteShareLink', revoke, { inTurn: true })
}
