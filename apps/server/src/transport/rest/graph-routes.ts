import { epochOf, type GraphImage, type RoleView } from '@talus/graph'
import { fail, ok, type Moment, type Result } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Caller } from '../../gate/caller.js'
import { etag, isUnchanged, nameVersion } from './etag.js'
import { graphJson, type NodePieces } from './graph-json.js'
import { streamed } from './json-stream.js'
import { reach } from './reach.js'
import { mount, RawJson, requiredSession } from './route.js'
import type { RestServices } from './services.js'
import { sightOf } from './sight.js'
import { treeJson } from './tree-json.js'

type Write = typeof graphJson | typeof treeJson

type Wanted = {
  session_id: string
  moment: Moment
  caller: Caller
  reply: FastifyReply
  write: Write
}

function* seenNodes(image: GraphImage, view: RoleView): NodePieces {
  for (const node of image.nodes()) yield node && view.node(node)
}

/** A graph as it is, or was; undefined when the client has it already. */
async function graphOf(
  services: RestServices,
  { session_id, moment, caller, reply, write }: Wanted,
): Promise<Result<RawJson> | undefined> {
  const session = await reach(services, session_id, moment)
  if (!session.ok) return session
  const { context } = session.value
  const view = sightOf({ caller, reply }, session.value)
  const epoch = epochOf(context.epoch, view)
  const seq = moment.at_seq ?? session.value.seq
  const tag = etag(epoch, seq)
  if (seq <= session.value.seq && isUnchanged(reply, tag)) return undefined
  const image = await services.chronicle.imageAt(session.value, seq)
  if (!image.ok) return image
  nameVersion(reply, tag)
  const { project_id, template_id } = context
  const head = { session_id, project_id, template_id, seq, epoch }
  const nodes = view ? seenNodes(image.value, view) : image.value.nodes()
  return ok(new RawJson(streamed(write(head, nodes))))
}

export function mountGraph(app: FastifyInstance, services: RestServices): void {
  const { sessions } = services
  mount(app, 'GetGraph', async ({ caller, query, session_id, reply }) => {
    const id = requiredSession(query.session_id, session_id)
    if (!id.ok) return id
    const wanted = { session_id: id.value, moment: query, caller, reply }
    return graphOf(services, { ...wanted, write: graphJson })
  })
  mount(app, 'GetGraphTree', ({ caller, params: { session_id }, query, reply }) =>
    graphOf(services, { session_id, moment: query, caller, reply, write: treeJson }),
  )
  mount(app, 'GetNode', async ({ params: { session_id, node_id }, ...asked }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const view = sightOf(asked, session.value)
    return session.value.withDurable(({ graph, seq }) => {
      const node = graph.node(node_id)
      if (!node) return fail('NODE_NOT_FOUND', 'Node not found')
      return ok({ session_id, seq, node: view ? view.node(node) : node })
    })
  })
}
