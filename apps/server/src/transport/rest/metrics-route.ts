import { fail, ok, type Result } from '@talus/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Scrape } from '../../observability/metrics.js'
import { receiveVisitor } from './door.js'
import { sendFailure } from './route.js'

/** Anybody in development, else administrators: metrics tell how much is going on, and where. */
async function mayRead(request: FastifyRequest): Promise<Result<null>> {
  if (!request.server.door.access.authenticated) return ok(null)
  const visitor = await receiveVisitor(request)
  if (!visitor.ok) return visitor
  request.visitor = visitor.value
  return visitor.value.identity.admin
    ? ok(null)
    : fail('FORBIDDEN', 'Metrics are for administrators')
}

/** `GET /metrics`, beside the API: its form is that of Prometheus and no part of the contract. */
export function mountMetrics(app: FastifyInstance, scrape: () => Promise<Scrape>): void {
  app.get('/metrics', async (request, reply) => {
    const allowed = await mayRead(request)
    if (!allowed.ok) return sendFailure(reply, allowed.error)
    const { contentType, text } = await scrape()
    return reply.type(contentType).send(text)
  })
}
