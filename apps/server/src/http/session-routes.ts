import { ANONYMOUS, fail, ok, type Result, type SessionInfo } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { authorise } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import type { Memberships } from '../auth/memberships.js'
import type { ShareLinks } from '../auth/share-links.js'
import type { Hub } from '../broadcast/hub.js'
import type { SessionRecord } from '../journal/journal.js'
import type { LiveSession } from '../session/live-session.js'
import type { SessionStore } from '../session/store.js'
import { listPage, partOf } from './list-page.js'
import { callerElsewhere, listedFor, mayCreate, stillHas } from './request.js'
import { mount, RawJson, type RouteHandler, type RouteRequest } from './route.js'
import type { RestServices } from './session-read.js'

function sessionInfo(record: SessionRecord, seq: number, hub: Hub): SessionInfo {
  const { session_id, project_id, template_id, epoch, created_at } = record
  const active_clients = hub.count(session_id)
  return { session_id, project_id, template_id, seq, epoch, created_at, active_clients }
}

/** An id that is taken gives that session back, but never under another template. */
function existing(
  { session_id, template_id }: RouteRequest<'CreateSession'>['body'],
  { record, seq }: LiveSession,
  hub: Hub,
): Result<SessionInfo> {
  if (session_id === undefined || (template_id ?? null) === record.template_id) {
    return ok(sessionInfo(record, seq, hub))
  }
  return fail('BAD_REQUEST', 'The session exists, with another template', [
    { path: '/template_id', expected: String(record.template_id), actual: template_id ?? null },
  ])
}

/** The caller in a session that is still to be named. */
const NOWHERE: Caller = {
  actor: ANONYMOUS,
  role: null,
  refusal: { code: 'SESSION_NOT_FOUND', message: 'No session is named' },
}

function isMissing(result: Result<unknown>): boolean {
  return !result.ok && result.error.code === 'SESSION_NOT_FOUND'
}

export function mountSessions(
  app: FastifyInstance,
  services: RestServices,
  checkTemplate: (template_id: string) => Result<unknown>,
): void {
  const { sessions, hub } = services
  const create: RouteHandler<'CreateSession'> = async (asked) => {
    const { body, caller, reply } = asked
    const { session_id, template_id } = body
    if (template_id !== undefined && template_id !== null) {
      const template = checkTemplate(template_id)
      if (!template.ok) return template
    }
    // Nothing is opened for somebody who may not see it: the role is decided before.
    const there = session_id === undefined ? NOWHERE : await callerElsewhere(reply, session_id)
    const entered = authorise(there, 'viewer')
    if (!entered.ok && !isMissing(entered)) return entered
    const known = entered.ok && session_id !== undefined ? await sessions.get(session_id) : entered
    if (known.ok && known.value) {
      const found = existing(body, known.value, hub)
      return found.ok ? ok(new RawJson(JSON.stringify(found.value), { duplicate: true })) : found
    }
    if (!known.ok && !isMissing(known)) return known
    const allowed = await mayCreate(reply, caller)
    if (!allowed.ok) return allowed
    const created = await sessions.create(body, caller.actor)
    if (!created.ok) return created
    // Somebody else may have made or deleted it at this very moment.
    const mine = authorise(await callerElsewhere(reply, created.value.session_id), 'viewer')
    const session = mine.ok ? await sessions.get(created.value.session_id) : mine
    if (isMissing(session)) return create(asked)
    return session.ok ? existing(body, session.value, hub) : session
  }
  mount(app, 'CreateSession', create, { inTurn: true })
  mount(app, 'ListSessions', async ({ query, reply }) => {
    const of = listedFor(reply)
    const idOf = (session: SessionRecord) => session.session_id
    const page = await listPage(query, idOf, async (asked) =>
      ok(await sessions.list({ ...asked, of })),
    )
    if (!page.ok) return page
    const { things, next_cursor } = page.value
    const listed = things.map(({ seq, damaged, ...record }) => {
      const info = sessionInfo(record, seq, hub)
      return damaged ? { ...info, damaged } : info
    })
    return ok({ sessions: listed, next_cursor })
  })
  mount(app, 'GetSession', async ({ params }) => {
    const session = await sessions.get(params.session_id)
    if (!session.ok) return session
    return ok(sessionInfo(session.value.record, session.value.seq, hub))
  })
  const remove: RouteHandler<'DeleteSession'> = async ({ params: { session_id } }) => {
    const deleted = await sessions.delete(session_id)
    if (!deleted.ok) return deleted
    hub.close(session_id)
    return ok({ session_id, deleted: true })
  }
  mount(app, 'DeleteSession', remove, { inTurn: true })
}

/** What the routes stand on. */
type MemberServices = {
  sessions: SessionStore
  memberships: Memberships
  links: ShareLinks
}

/** The dispatcher's way, but with an exception: anybody may give up their own role. */
const LEAVING = { unchecked: true, inTurn: true }

export function mountMembers(app: FastifyInstance, services: MemberServices): void {
  const { sessions, memberships, links } = services
  mount(app, 'ListMembers', async ({ params: { session_id }, query }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const members = await memberships.list(session_id)
    if (!members.ok) return members
    const part = partOf(query, members.value, ({ added_at, actor_id }) => ({
      created_at: added_at,
      id: actor_id,
    }))
    if (!part.ok) return part
    const { things, ...page } = part.value
    return ok({ session_id, members: things, ...page })
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
  mount(app, 'ListShareLinks', async ({ params: { session_id }, query }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const part = partOf(query, await links.list(session_id), ({ created_at, link_id }) => ({
      created_at,
      id: link_id,
    }))
    if (!part.ok) return part
    const { things, ...page } = part.value
    return ok({ session_id, links: things, ...page })
  })
  const revoke: RouteHandler<'DeleteShareLink'> = async ({ params: { session_id, link_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const revoked = await links.revoke(session_id, link_id)
    return revoked.ok ? ok({ session_id, link_id, deleted: true as const }) : revoked
  }
  mount(app, 'DeleteShareLink', revoke, { inTurn: true })
}
