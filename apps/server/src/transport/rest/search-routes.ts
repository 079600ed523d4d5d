import { epochOf, search } from '@talus/graph'
import { ok } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { inTurns } from '../../limits/turns.js'
import { streamed } from './json-stream.js'
import { matchesJson } from './node-json.js'
import { RawJson } from './route.js'
import type { RestServices } from './services.js'
import { mountRead } from './session-read.js'
import { sightOf } from './sight.js'

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
