import { fail, ok, type Entry } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { graphState } from '../../broadcast/graph-state.js'
import { mount, RawJson, requiredSession } from './route.js'
import type { RestServices } from './services.js'
import { treeJson } from './tree-json.js'

export function mountGraph(app: FastifyInstance, { sessions, journal }: RestServices): void {
  mount(app, 'GetGraph', async ({ query, session_id }) => {
    const id = requiredSession(query.session_id, session_id)
    if (!id.ok) return id
    const session = await sessions.get(id.value)
    if (!session.ok) return session
    const { context } = session.value
    return ok(
      session.value.withDurable(({ graph, seq }) => graphState(context, seq, graph.nodes())),
    )
  })
  mount(app, 'GetGraphTree', async ({ params }) => {
    const session = await sessions.get(params.session_id)
    if (!session.ok) return session
    const { nodes, seq } = session.value.withDurable(({ graph, seq }) => ({
      nodes: graph.nodes(),
      seq,
    }))
    const { session_id, project_id, template_id, epoch } = session.value.context
    const head = JSON.stringify({ session_id, project_id, template_id, seq, epoch })
    return ok(new RawJson(`${head.slice(0, -1)},"roots":${treeJson(nodes)}}`))
  })
  mount(app, 'GetNode', async ({ params: { session_id, node_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    return session.value.withDurable(({ graph, seq }) => {
      const node = graph.node(node_id)
      return node ? ok({ session_id, seq, node }) : fail('NODE_NOT_FOUND', 'Node not found')
    })
  })
  mount(app, 'GetChanges', async ({ params: { session_id }, query }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const { seq, record } = session.value
    const { after_seq = 0, limit = 100 } = query
    const bodies = await journal.entriesAfter(session_id, after_seq, limit)
    const entries = bodies
      .map((body) => JSON.parse(body) as Entry)
      .filter((entry) => entry.seq <= seq)
    const last = entries.at(-1)?.seq ?? after_seq
    return ok({ session_id, epoch: record.epoch, seq, entries, has_more: last < seq })
  })
}
