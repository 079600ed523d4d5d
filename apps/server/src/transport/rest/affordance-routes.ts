import { affordances } from '@talus/graph'
import { fail, ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { permissionsOf } from '../../gate/sight.js'
import { inTurns } from '../../limits/turns.js'
import type { RestServices } from './services.js'
import { mountRead } from './session-read.js'

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
