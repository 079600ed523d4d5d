import { epochOf, search } from '@talus/graph'
import { ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { mount, requiredSession } from './route.js'
import type { RestServices } from './services.js'
import { sightOf } from './sight.js'
import { inTurns } from './event-loop-turns.js'

export function mountSearch(app: FastifyInstance, { sessions }: RestServices): void {
  mount(app, 'SearchGraph', async ({ body, session_id: given, ...asked }) => {
    const id = requiredSession(body.session_id, given)
    if (!id.ok) return id
    const session = await sessions.get(id.value)
    if (!session.ok) return session
    const { blueprint, record } = session.value
    const view = sightOf(asked, session.value)
    const { session_id: _, ...query } = body
    // The state is taken in one go; it is searched later, while the session goes on.
    const { seq, begun } = session.value.withDurable((state) => ({
      seq: state.seq,
      begun: search(state.graph, query, { blueprint, view }),
    }))
    if (!begun.ok) return begun
    const page = await inTurns(begun.value)
    return ok({ session_id: id.value, epoch: epochOf(record.epoch, view), seq, ...page })
  })
}
