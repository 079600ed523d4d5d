import { affordances, epochOf, type GraphImage, type RoleView, search } from '@talus/graph'
import { type Change, fail, type Moment, ok, type Result } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Caller } from '../auth/identity.js'
import { type EntryText, piecesOf } from '../journal/entry-text.js'
import type { Permit } from '../limits/concurrency.js'
import { permissionsOf, viewedEntry } from '../session/role-view.js'
import type { LiveSession } from '../session/live-session.js'
import { inTurns } from '../turns.js'
import {
  eachAsJson,
  graphJson,
  listJson,
  matchesJson,
  nodeJson,
  type NodePieces,
  streamed,
  treeJson,
} from './json.js'
import { RawJson } from './route.js'
import {
  etag,
  isUnchanged,
  mountRead,
  nameVersion,
  type RestServices,
  sightOf,
} from './session-read.js'

type Write = typeof graphJson | typeof treeJson

type GraphRequest = { caller: Caller; reply: FastifyReply; session: LiveSession; query: Moment }

function* seenNodes(image: GraphImage, view: RoleView): NodePieces {
  for (const node of image.nodes()) yield node && view.node(node)
}

function* oneNodeJson(head: object, node: Parameters<typeof nodeJson>[0]): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"node":`
  yield* nodeJson(node)
  yield '}'
}

/** Which version a caller is shown, of which moment. */
function versionOf({ caller, reply, session, query }: GraphRequest) {
  const view = sightOf({ caller, reply }, session)
  const epoch = epochOf(session.context.epoch, view)
  const seq = query.at_seq ?? session.seq
  const { template_digest } = session.context
  return { view, epoch, seq, tag: etag({ epoch, seq, template_digest }) }
}

/** Whether the client has this version, and was told so (rule READ2). */
function isKnown(asked: GraphRequest): boolean {
  const { seq, tag } = versionOf(asked)
  return seq <= asked.session.seq && isUnchanged(asked.reply, tag)
}

/** A graph as it is, or was. */
async function graphOf(
  { history }: RestServices,
  asked: GraphRequest & { permit: Permit },
  write: Write,
): Promise<Result<RawJson>> {
  const { session, permit, reply } = asked
  const { view, epoch, seq, tag } = versionOf(asked)
  const image = await history.imageAt(session, { seq, gone: permit.gone })
  if (!image.ok) return image
  nameVersion(reply, tag)
  const { session_id, project_id, template_id, template_digest } = session.context
  const head = { session_id, project_id, template_id, template_digest, seq, epoch }
  const nodes = view ? seenNodes(image.value, view) : image.value.nodes()
  return ok(new RawJson(await streamed(write(head, nodes), permit)))
}

export function mountGraph(app: FastifyInstance, services: RestServices): void {
  mountRead(app, services, 'GetGraph', {
    isKnown,
    read: (asked) => graphOf(services, asked, graphJson),
  })
  mountRead(app, services, 'GetGraphTree', {
    isKnown,
    read: (asked) => graphOf(services, asked, treeJson),
  })
  mountRead(app, services, 'GetNode', {
    async read({ params: { session_id, node_id }, session, permit, ...asked }) {
      const view = sightOf(asked, session)
      const { node, seq } = session.withDurable((state) => ({
        node: state.graph.node(node_id),
        seq: state.seq,
      }))
      if (!node) return fail('NODE_NOT_FOUND', 'Node not found')
      const pieces = oneNodeJson({ session_id, seq }, view ? view.node(node) : node)
      return ok(new RawJson(await streamed(pieces, permit)))
    },
  })
}

/** To check a query of 1 MB takes longer than others may be kept waiting. */
const QUERY_BYTES = 64 * 1024

export function mountSearch(app: FastifyInstance, services: RestServices): void {
  mountRead(app, services, 'SearchGraph', {
    bodyLimit: QUERY_BYTES,
    async read({ body, session, permit, ...asked }) {
      const { blueprint, record } = session
      const { session_id } = record
      const view = sightOf(asked, session)
      const { session_id: _, ...query } = body
      // The state is taken in one go; it is searched later, while the session goes on.
      const { seq, begun } = session.withDurable((state) => ({
        seq: state.seq,
        begun: search(state.graph, query, { blueprint, view }),
      }))
      if (!begun.ok) return begun
      const { matches, ...page } = await inTurns(begun.value, permit.gone)
      const head = { session_id, epoch: epochOf(record.epoch, view), seq, ...page }
      return ok(new RawJson(await streamed(matchesJson(head, matches), permit)))
    },
  })
}

export function mountAffordances(app: FastifyInstance, services: RestServices): void {
  mountRead(app, services, 'GetAffordances', {
    async read({ caller, session, permit, params: { session_id, node_id } }) {
      const { blueprint } = session
      const permissions = permissionsOf(caller, session)
      const { seq, begun } = session.withDurable((state) => ({
        seq: state.seq,
        begun: affordances(state.graph, node_id, { blueprint, permissions }),
      }))
      if (!begun) return fail('NODE_NOT_FOUND', 'Node not found')
      return ok({ session_id, seq, node_id, ...(await inTurns(begun, permit.gone)) })
    },
  })
}

/** Entries as they are stored, or as a role sees them, in pieces. */
function* entriesJson(bodies: readonly EntryText[], view: RoleView | null) {
  for (const body of bodies) yield view ? viewedEntry(body, view) : piecesOf(body)
}

/** Each when its turn comes to be written. */
function* shownChanges(changes: readonly Change[], view: RoleView): Generator<Change> {
  for (const change of changes) {
    const shown = view.change(change)
    if (shown) yield shown
  }
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
      const shown = view ? shownChanges(changes.value, view) : changes.value
      const pieces = listJson({ ...head, from_seq, to_seq }, 'changes', eachAsJson(shown))
      return ok(new RawJson(await streamed(pieces, permit)))
    },
  })
}
