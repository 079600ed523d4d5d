import { affordances } from '@talus/graph'
import { fail, ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { permissionsOf } from '../../gate/sight.js'
import { mount } from './route.js'
import type { RestServices } from './services.js'
import { inTurns } from './event-loop-turns.js'

export function mountAffordances(app: FastifyInstance, { sessions }: RestServices): void {
  mount(app, 'GetAffordances', async ({ caller, params: { session_id, node_id } }) => {
    const session = await sessions.get(session_id)
    if (!session.ok) return session
    const { blueprint } = session.value
    const permissions = permissionsOf(caller, session.value)
    const { seq, begun } = session.value.withDurable((state) => ({
      seq: state.seq,
      begun: affordances(state.graph, node_id, { blueprint, permissions }),
    }))
    if (!begun) return fail('NODE_NOT_FOUND', 'Node not found')
    return ok({ session_id, seq, node_id, ...(await inTurns(begun)) })
  })
}
