import { fail, ok, type Result, type SessionInfo } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Hub } from '../../broadcast/hub.js'
import type { SessionRecord } from '../../journal/journal.js'
import { authorise } from '../../gate/gate.js'
import { accessible, callerElsewhere, mayCreate } from './door.js'
import { mount, type RouteHandler } from './route.js'
import type { RestServices } from './services.js'

function sessionInfo(record: SessionRecord, seq: number, hub: Hub): SessionInfo {
  const { session_id, project_id, template_id, epoch, created_at } = record
  const active_clients = hub.count(session_id)
  return { session_id, project_id, template_id, seq, epoch, created_at, active_clients }
}

/**
 * The session of a project that was deleted leaves the project behind, which goes by the roles of
 * its session: whoever took the id would take the project (rule AUTH8).
 */
async function freeToTake(
  { belongsToProject }: RestServices,
  reply: FastifyReply,
  session_id: string | undefined,
): Promise<Result<null>> {
  if (session_id === undefined) return ok(null)
  const caller = await callerElsewhere(reply, session_id)
  if (caller.role !== null || caller.refusal.code !== 'SESSION_NOT_FOUND') return ok(null)
  if (!(await belongsToProject(session_id))) return ok(null)
  return fail('FORBIDDEN', 'This id belongs to a project whose session was deleted', [
    { path: '/session_id', expected: 'another id, or none', actual: session_id },
  ])
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
    const free = await freeToTake(services, reply, session_id)
    if (!free.ok) return free
    const known = session_id === undefined ? undefined : await sessions.get(session_id)
    const allowed = known?.ok ? known : await mayCreate(reply, caller)
    if (!allowed.ok) return allowed
    const created = await sessions.create(body, caller.actor)
    // Deleted by somebody else at this very moment: the id is free again.
    if (isMissing(created)) return create(asked)
    if (!created.ok) return created
    // The id may be that of a session which others own.
    const mine = authorise(await callerElsewhere(reply, created.value.record.session_id), 'viewer')
    if (isMissing(mine)) return create(asked)
    if (!mine.ok) return mine
    const { record, seq } = created.value
    // An id that is taken gives that session back, but never under another template.
    if (session_id !== undefined && (template_id ?? null) !== record.template_id) {
      return fail('BAD_REQUEST', 'The session exists, with another template', [
        { path: '/template_id', expected: String(record.template_id), actual: template_id ?? null },
      ])
    }
    return ok(sessionInfo(record, seq, hub))
  }
  mount(app, 'CreateSession', create)
  mount(app, 'ListSessions', async ({ reply }) => {
    const listed = await accessible(reply, await sessions.list())
    return ok({ sessions: listed.map((session) => sessionInfo(session, session.seq, hub)) })
  })
  mount(app, 'GetSession', async ({ params }) => {
    const session = await sessions.get(params.session_id)
    if (!session.ok) return session
    return ok(sessionInfo(session.value.record, session.value.seq, hub))
  })
  mount(app, 'DeleteSession', async ({ params: { session_id } }) => {
    const deleted = await sessions.delete(session_id)
    if (!deleted.ok) return deleted
    hub.close(session_id)
    return ok({ session_id, deleted: true })
  })
}
