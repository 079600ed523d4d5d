import { epochOf, type RoleView } from '@talus/graph'
import { ok, type Entry } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { streamed } from './json-stream.js'
import { eachAsJson, listJson } from './list-json.js'
import { mount, RawJson } from './route.js'
import type { RestServices } from './services.js'
import { sightOf } from './sight.js'

/** Entries as they are stored, as entries that a role sees. */
function* seenBodies(bodies: readonly string[], view: RoleView): Generator<string> {
  for (const body of bodies) yield JSON.stringify(view.entry(JSON.parse(body) as Entry))
}

export function mountHistory(app: FastifyInstance, { sessions, chronicle }: RestServices): void {
  mount(app, 'GetChanges', async ({ params: { session_id }, query, ...asked }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const view = sightOf(asked, session.value)
    const epoch = epochOf(session.value.record.epoch, view)
    const { after_seq = 0, limit = 100 } = query
    const page = await chronicle.changes(session.value, { after_seq, limit })
    if (!page.ok) return page
    const { seq, bodies, has_more } = page.value
    const head = { session_id, epoch, seq, has_more }
    const entries = view ? seenBodies(bodies, view) : bodies
    return ok(new RawJson(streamed(listJson(head, 'entries', entries))))
  })
  mount(app, 'GetHistory', async ({ params: { session_id }, query, ...asked }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const view = sightOf(asked, session.value)
    const epoch = epochOf(session.value.record.epoch, view)
    const page = await chronicle.history(session.value, { ...query, view })
    if (!page.ok) return page
    const { seq, rows: entries, next_before_seq } = page.value
    return ok({ session_id, epoch, seq, next_before_seq, entries })
  })
  mount(app, 'GetNodeHistory', async ({ params: { session_id, node_id }, query, ...asked }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const view = sightOf(asked, session.value)
    const epoch = epochOf(session.value.record.epoch, view)
    const page = await chronicle.nodeHistory(session.value, node_id, { ...query, view })
    if (!page.ok) return page
    const { seq, rows: entries, next_before_seq } = page.value
    return ok({ session_id, epoch, seq, node_id, next_before_seq, entries })
  })
  mount(app, 'GetDiff', async ({ params: { session_id }, query, ...asked }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const view = sightOf(asked, session.value)
    const epoch = epochOf(session.value.record.epoch, view)
    const { from_seq, to_seq = session.value.seq } = query
    const changes = await chronicle.diff(session.value, from_seq, to_seq)
    if (!changes.ok) return changes
    const head = { session_id, epoch, from_seq, to_seq }
    const shown = view ? view.changes(changes.value) : changes.value
    return ok(new RawJson(streamed(listJson(head, 'changes', eachAsJson(shown)))))
  })
}
