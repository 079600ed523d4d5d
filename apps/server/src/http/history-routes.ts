import { epochOf, type RoleView } from '@talus/graph'
import { ok } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Caller } from '../auth/identity.js'
import type { LiveSession } from '../session/live-session.js'
import { viewedEntry } from '../session/entry-pieces.js'
import { eachAsJson, listJson, streamed } from './json.js'
import { RawJson } from './route.js'
import { mountRead, type RestServices, sightOf } from './session-read.js'

/** Entries as they are stored, or as a role sees them, in pieces. */
function* entriesJson(bodies: readonly string[], view: RoleView | null) {
  for (const body of bodies) yield view ? viewedEntry(body, view) : [body]
}

type HistoryRequest = { caller: Caller; reply: FastifyReply; session: LiveSession }

/** What the caller sees, and what every answer says of the session. */
function shownTo(asked: HistoryRequest) {
  const { session_id, epoch } = asked.session.record
  const view = sightOf(asked, asked.session)
  return { view, head: { session_id, epoch: epochOf(epoch, view) } }
}

export function mountHistory(app: FastifyInstance, services: RestServices): void {
  const { history } = services
  mountRead(app, services, 'GetChanges', {
    async read({ session, permit, query, ...asked }) {
      const { view, head } = shownTo({ ...asked, session })
      const { after_seq = 0, limit = 100 } = query
      const page = await history.changes(session, { after_seq, limit, gone: permit.gone })
      if (!page.ok) return page
      const { seq, bodies, has_more } = page.value
      const pieces = listJson({ ...head, seq, has_more }, 'entries', entriesJson(bodies, view))
      return ok(new RawJson(await streamed(pieces, permit)))
    },
  })
  mountRead(app, services, 'GetHistory', {
    async read({ session, permit, query, ...asked }) {
      const { view, head } = shownTo({ ...asked, session })
      const page = await history.history(session, { ...query, view, gone: permit.gone })
      if (!page.ok) return page
      const { seq, rows: entries, next_before_seq } = page.value
      return ok({ ...head, seq, next_before_seq, entries })
    },
  })
  mountRead(app, services, 'GetNodeHistory', {
    async read({ session, permit, query, params: { node_id }, ...asked }) {
      const { view, head } = shownTo({ ...asked, session })
      const wanted = { ...query, view, gone: permit.gone }
      const page = await history.nodeHistory(session, node_id, wanted)
      if (!page.ok) return page
      const { seq, rows, next_before_seq } = page.value
      const top = { ...head, seq, node_id, next_before_seq }
      const pieces = listJson(top, 'entries', eachAsJson(rows))
      return ok(new RawJson(await streamed(pieces, permit)))
    },
  })
  mountRead(app, services, 'GetDiff', {
    async read({ session, permit, query, ...asked }) {
      const { view, head } = shownTo({ ...asked, session })
      const { from_seq, to_seq = session.seq } = query
      const wanted = { from_seq, to_seq, gone: permit.gone }
      const changes = await history.diff(session, wanted)
      if (!changes.ok) return changes
      const shown = view ? view.changes(changes.value) : changes.value
      const pieces = listJson({ ...head, from_seq, to_seq }, 'changes', eachAsJson(shown))
      return ok(new RawJson(await streamed(pieces, permit)))
    },
  })
}
