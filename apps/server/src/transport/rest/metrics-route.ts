import { fail, ok, type Result } from '@talus/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Scrape } from '../../observability/metrics.js'
import { carriesToken } from '../metrics-token.js'
import { receiveVisitor } from './door.js'
import { sendFailure } from './route.js'

/**
 * Whoever has the metrics' own token; without it, anybody in development where none is set, else
 * administrators: metrics tell how much is going on, and where.
 */
async function mayRead(request: FastifyRequest, token: string | undefined): Promise<Result<null>> {
  if (token !== undefined && carriesToken(request.headers.authorization, token)) return ok(null)
  if (!request.server.door.access.authenticated) {
    return token === undefined
      ? ok(null)
      : fail('UNAUTHORIZED', 'Metrics ask for their token', [
          { path: '/token', expected: 'the metrics token in the header Authorization: Bearer' },
        ])
  }
  const visitor = await receiveVisitor(request)
  if (!visitor.ok) return visitor
  request.visitor = visitor.value
  return visitor.value.identity.admin
    ? ok(null)
    : fail('FORBIDDEN', 'Metrics are for administrators')
}

/** `GET /metrics`, beside the API: its form is that of Prometheus and no part of the contract. */
export function mountMetrics(
  app: FastifyInstance,
  { scrape, token }: { scrape: () => Promise<Scrape>; token: string | undefined },
): void {
  app.get('/metrics', async (request, reply) => {
    const allowed = await mayRead(request, token)
    if (!allowed.ok) return sendFailure(reply, allowed.error)
    const { contentType, text } = await scrape()
    return reply.type(contentType).send(text)
  })
}
