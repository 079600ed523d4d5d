import { fail, ok, type Moment, type Result } from '@talus/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { etag, isUnchanged, nameVersion } from './etag.js'
import { graphJson } from './graph-json.js'
import { streamed } from './json-stream.js'
import { reach } from './reach.js'
import { mount, RawJson, requiredSession } from './route.js'
import type { RestServices } from './services.js'
import { treeJson } from './tree-json.js'

type Write = typeof graphJson | typeof treeJson

type Wanted = { session_id: string; moment: Moment; reply: FastifyReply; write: Write }

/** A graph as it is, or was; undefined when the client has it already. */
async function graphOf(
  services: RestServices,
  { session_id, moment, reply, write }: Wanted,
): Promise<Result<RawJson> | undefined> {
  const session = await reach(services, session_id, moment)
  if (!session.ok) return session
  const { context } = session.value
  const seq = moment.at_seq ?? session.value.seq
  const tag = etag(context.epoch, seq)
  if (seq <= session.value.seq && isUnchanged(reply, tag)) return undefined
  const image = await services.chronicle.imageAt(session.value, seq)
  if (!image.ok) return image
  nameVersion(reply, tag)
  const { project_id, template_id, epoch } = context
  const head = { session_id, project_id, template_id, seq, epoch }
  return ok(new RawJson(streamed(write(head, image.value))))
}

export function mountGraph(app: FastifyInstance, services: RestServices): void {
  const { sessions } = services
  mount(app, 'GetGraph', async ({ query, session_id, reply }) => {
    const id = requiredSession(query.session_id, session_id)
    if (!id.ok) return id
    return graphOf(services, { session_id: id.value, moment: query, reply, write: graphJson })
  })
  mount(app, 'GetGraphTree', ({ params: { session_id }, query, reply }) =>
    graphOf(services, { session_id, moment: query, reply, write: treeJson }),
  )
  mount(app, 'GetNode', async ({ params: { session_id, node_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    return session.value.withDurable(({ graph, seq }) => {
      const node = graph.node(node_id)
      return node ? ok({ session_id, seq, node }) : fail('NODE_NOT_FOUND', 'Node not found')
    })
  })
}
