import { epochOf, type GraphImage, type RoleView } from '@talus/graph'
import { fail, ok, type Moment, type Result } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Caller } from '../../gate/caller.js'
import type { Permit } from '../../limits/concurrency-limit.js'
import type { LiveSession } from '../../sessions/live-session.js'
import { etag, isUnchanged, nameVersion } from './etag.js'
import { graphJson, type NodePieces } from './graph-json.js'
import { streamed } from './json-stream.js'
import { nodeJson } from './node-json.js'
import { RawJson } from './route.js'
import type { RestServices } from './services.js'
import { mountRead } from './session-read.js'
import { sightOf } from './sight.js'
import { treeJson } from './tree-json.js'

type Write = typeof graphJson | typeof treeJson

type Wanted = { caller: Caller; reply: FastifyReply; session: LiveSession; query: Moment }

function* seenNodes(image: GraphImage, view: RoleView): NodePieces {
  for (const node of image.nodes()) yield node && view.node(node)
}

function* oneNodeJson(head: object, node: Parameters<typeof nodeJson>[0]): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"node":`
  yield* nodeJson(node)
  yield '}'
}

/** Which version a caller is shown, of which moment. */
function versionOf({ caller, reply, session, query }: Wanted) {
  const view = sightOf({ caller, reply }, session)
  const epoch = epochOf(session.context.epoch, view)
  const seq = query.at_seq ?? session.seq
  return { view, epoch, seq, tag: etag(epoch, seq) }
}

/** Whether the client has this version, and was told so (rule READ2). */
function isKnown(asked: Wanted): boolean {
  const { seq, tag } = versionOf(asked)
  return seq <= asked.session.seq && isUnchanged(asked.reply, tag)
}

/** A graph as it is, or was. */
async function graphOf(
  { chronicle }: RestServices,
  asked: Wanted & { permit: Permit },
  write: Write,
): Promise<Result<RawJson>> {
  const { session, permit, reply } = asked
  const { view, epoch, seq, tag } = versionOf(asked)
  const image = await chronicle.imageAt(session, { seq, gone: permit.gone })
  if (!image.ok) return image
  nameVersion(reply, tag)
  const { session_id, project_id, template_id } = session.context
  const head = { session_id, project_id, template_id, seq, epoch }
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
