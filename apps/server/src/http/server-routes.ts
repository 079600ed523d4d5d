import fastifyStatic from '@fastify/static'
import { fail, MIN_PROTOCOL_VERSION, ok, PROTOCOL_VERSION } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { mount } from './route.js'
import type { RestServices } from './session-read.js'

export function mountHealth(app: FastifyInstance, services: RestServices): void {
  mount(app, 'GetHealth', () =>
    ok({
      status: 'ok',
      protocol_version: PROTOCOL_VERSION,
      min_protocol_version: MIN_PROTOCOL_VERSION,
      contract_hash: services.contractHash,
      server_version: services.serverVersion,
      uptime_seconds: Math.round(process.uptime()),
    }),
  )
  mount(app, 'GetReady', async () => {
    if (!services.isOpen()) return fail('OVERLOADED', 'The server is shutting down')
    const cause = await services.unreadiness()
    return cause === null ? ok({ status: 'ready' }) : fail('STORAGE_UNAVAILABLE', cause)
  })
}

const PREFIX = '/docs/'

/** Nothing from elsewhere and nothing inline: the pages need no more. */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';')

/** Files of this folder have what is in them in their path: they never change. */
const ASSETS = /[\\/]assets[\\/][0-9a-f]+[\\/]/

const FOR_GOOD = 'public, max-age=31536000, immutable'
/** Kept, and asked about every time; the `ETag` says whether it is another one. */
const ASKED_ABOUT = 'public, no-cache'

/**
 * `GET /docs/`, beside the API: the documentation, for anybody. It is the same for everybody and
 * holds nothing of any session.
 */
export async function mountDocs(app: FastifyInstance, folder: string): Promise<void> {
  app.get('/docs', (_request, reply) =>
    reply.header('cache-control', ASKED_ABOUT).redirect('docs/', 301),
  )
  await app.register(fastifyStatic, {
    root: folder,
    prefix: PREFIX,
    decorateReply: false,
    dotfiles: 'ignore',
    redirect: true,
    cacheControl: false,
    setHeaders(reply, path) {
      reply.header('content-security-policy', POLICY)
      reply.header('cache-control', ASSETS.test(path) ? FOR_GOOD : ASKED_ABOUT)
    },
  })
}
