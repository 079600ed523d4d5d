import { ANONYMOUS, fail, ok, type Result, type SessionInfo } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { Hub } from '../../broadcast/hub.js'
import type { SessionRecord } from '../../journal/journal.js'
import type { Caller } from '../../gate/caller.js'
import { authorise } from '../../gate/gate.js'
import type { LiveSession } from '../../sessions/live-session.js'
import { callerElsewhere, listedFor, mayCreate } from './door.js'
import { listPage } from './list-page.js'
import { mount, type Asked, type RouteHandler } from './route.js'
import type { RestServices } from './services.js'

function sessionInfo(record: SessionRecord, seq: number, hub: Hub): SessionInfo {
  const { session_id, project_id, template_id, epoch, created_at } = record
  const active_clients = hub.count(session_id)
  return { session_id, project_id, template_id, seq, epoch, created_at, active_clients }
}

/** An id that is taken gives that session back, but never under another template. */
function existing(
  { session_id, template_id }: Asked<'CreateSession'>['body'],
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
    if (known.ok && known.value) return existing(body, known.value, hub)
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
    const listed = things.map((session) => sessionInfo(session, session.seq, hub))
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
