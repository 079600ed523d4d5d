import { ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { streamed } from './json-stream.js'
import { eachAsJson, listJson } from './list-json.js'
import { mount, RawJson } from './route.js'
import type { RestServices } from './services.js'

export function mountHistory(app: FastifyInstance, { sessions, chronicle }: RestServices): void {
  mount(app, 'GetChanges', async ({ params: { session_id }, query }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const { epoch } = session.value.context
    const { after_seq = 0, limit = 100 } = query
    const page = await chronicle.changes(session.value, { after_seq, limit })
    if (!page.ok) return page
    const { seq, bodies, has_more } = page.value
    const head = { session_id, epoch, seq, has_more }
    return ok(new RawJson(streamed(listJson(head, 'entries', bodies))))
  })
  mount(app, 'GetHistory', async ({ params: { session_id }, query }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const { epoch } = session.value.context
    const page = await chronicle.history(session.value, query)
    if (!page.ok) return page
    const { seq, rows: entries, next_before_seq } = page.value
    return ok({ session_id, epoch, seq, next_before_seq, entries })
  })
  mount(app, 'GetNodeHistory', async ({ params: { session_id, node_id }, query }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const { epoch } = session.value.context
    const page = await chronicle.nodeHistory(session.value, node_id, query)
    if (!page.ok) return page
    const { seq, rows: entries, next_before_seq } = page.value
    return ok({ session_id, epoch, seq, node_id, next_before_seq, entries })
  })
  mount(app, 'GetDiff', async ({ params: { session_id }, query }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const { epoch } = session.value.context
    const { from_seq, to_seq = session.value.seq } = query
    const changes = await chronicle.diff(session.value, from_seq, to_seq)
    if (!changes.ok) return changes
    const head = { session_id, epoch, from_seq, to_seq }
    return ok(new RawJson(streamed(listJson(head, 'changes', eachAsJson(changes.value)))))
  })
}
