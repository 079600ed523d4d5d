import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { fail, MIN_PROTOCOL_VERSION, ok, PROTOCOL_VERSION, type Result } from '@talus/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { bearerOf } from '../auth/identity.js'
import type { Scrape } from '../observability/metrics.js'
import { repeatedHeader } from './perimeter.js'
import { identify } from './request.js'
import { mount, sendFailure } from './route.js'
import { NODE_LIMITS } from './server.js'
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
    if (!services.takesClients()) return fail('OVERLOADED', 'The server is shutting down')
    const cause = await services.unreadiness()
    if (cause !== null) return fail('STORAGE_UNAVAILABLE', cause)
    const { cluster } = services
    if (!cluster) return ok({ status: 'ready' })
    return ok({ status: 'ready', redis: cluster.isConnected ? 'connected' : 'unreachable' })
  })
}

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

/** Files of these folders have what is in them in their path: they never change. */
const ASSETS = /[\\/]assets[\\/][0-9a-f]+[\\/]|[\\/]studio[\\/]assets[\\/]/

const FOR_GOOD = 'public, max-age=31536000, immutable'
/** Kept, and asked about every time; the `ETag` says whether it is another one. */
const ASKED_ABOUT = 'public, no-cache'

/** Serves the files of a folder, with the policy of pages. */
async function servePages(app: FastifyInstance, root: string, prefix: string): Promise<void> {
  await app.register(fastifyStatic, {
    root,
    prefix,
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

/**
 * `GET /docs/`, beside the API: the documentation, for anybody. It is the same for everybody and
 * holds nothing of any session.
 */
export async function mountDocs(app: FastifyInstance, folder: string): Promise<void> {
  app.get('/docs', (_request, reply) =>
    reply.header('cache-control', ASKED_ABOUT).redirect('docs/', 301),
  )
  await servePages(app, folder, '/docs/')
}

/**
 * `GET /`, beside the API: the studio, for anybody. It is the same for everybody; what it shows it
 * asks of the API as whoever uses it. With a prefix, such as `/studio`, the page is below that, and
 * the API stays where it is.
 */
export async function mountStudio(
  app: FastifyInstance,
  folder: string,
  prefix = '',
): Promise<void> {
  const built = await readFile(join(folder, 'index.html'), 'utf8')
  const page = prefix === '' ? built : servedBelow(prefix, built)
  const etag = `"${createHash('sha256').update(page).digest('base64url')}"`
  const serve = (request: FastifyRequest, reply: FastifyReply) => {
    // Below the path of a proxy, `/talus` would look for the files of the page beside itself.
    const path = request.originalUrl.split('?')[0] ?? ''
    if (!path.endsWith('/')) return reply.redirect(`${path.split('/').at(-1)}/`, 301)
    reply.header('content-security-policy', POLICY).header('cache-control', ASKED_ABOUT)
    reply.header('etag', etag)
    if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
    return reply.type('text/html; charset=utf-8').send(page)
  }
  app.get(`${prefix}/`, serve)
  // A router that takes both for the same has it already.
  if (prefix !== '' && !app.hasRoute({ method: 'GET', url: prefix })) app.get(prefix, serve)
  await servePages(app, join(folder, 'studio'), `${prefix}/studio/`)
}

/** Tells the page where the server is: above itself, as many steps as the path below it has. */
function servedBelow(prefix: string, page: string): string {
  const above = '../'.repeat(prefix.split('/').length - 1)
  return page.replace('<head>', `<head>\n    <meta name="talus-server" content="${above}" />`)
}

/**
 * Whoever has the metrics' own token; without it, anybody in development where none is set, else
 * administrators: metrics tell how much is going on, and where.
 */
async function mayRead(request: FastifyRequest, token: string | undefined): Promise<Result<null>> {
  if (token !== undefined && carriesToken(request.headers.authorization, token)) return ok(null)
  if (!request.server.talusServices.access.authenticated) {
    return token === undefined
      ? ok(null)
      : fail('UNAUTHORIZED', 'Metrics require their token', [
          { path: '/token', expected: 'the metrics token in the header Authorization: Bearer' },
        ])
  }
  const visitor = await identify(request)
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

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whether a header `Authorization` carries this token; the time it takes tells nothing of it. */
function carriesToken(authorization: string | undefined, token: string): boolean {
  const given = bearerOf(authorization)
  return given !== undefined && timingSafeEqual(digestOf(given), digestOf(token))
}

/** A listener for nothing but `/metrics`. */
export type MetricsListener = { port: number; close: () => Promise<void> }

type MetricsListenerOptions = {
  host: string
  port: number
  scrape: () => Promise<Scrape>
  /** What callers have to present; undefined: nothing. */
  token: string | undefined
  /** Whether the listener answers to this name. */
  admitsHost: (host: string | undefined) => boolean
}

/** Connections of scrapers, of which there are few. */
const MOST_CONNECTIONS = 100

/** Milliseconds of a whole request, which has no body. */
const REQUEST_MS = 20_000

type RefusedScrape = { status: number; reason: string }

function refusalOf(
  { headers, rawHeaders, method, url }: IncomingMessage,
  { token, admitsHost }: MetricsListenerOptions,
): RefusedScrape | undefined {
  const repeated = repeatedHeader(rawHeaders)
  if (repeated) return { status: 400, reason: repeated.message }
  if (!admitsHost(headers.host)) {
    return {
      status: 403,
      reason: 'This server does not answer to this name; allow it with --allowed-hosts',
    }
  }
  if (method !== 'GET' || url?.split('?')[0] !== '/metrics') {
    return { status: 404, reason: 'There is GET /metrics and nothing else' }
  }
  if (token !== undefined && !carriesToken(headers.authorization, token)) {
    return { status: 401, reason: 'Expected the metrics token: Authorization: Bearer …' }
  }
  return undefined
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Listens apart from the clients, so that a network can keep them apart. Rejects as `listen` does. */
export async function openMetricsListener(
  options: MetricsListenerOptions,
): Promise<MetricsListener> {
  const { host, port, scrape } = options
  const server = createServer(NODE_LIMITS, (request, response) => {
    const refused = refusalOf(request, options)
    if (refused) {
      const { status, reason } = refused
      const asking = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...asking })
      response.end(`${reason}\n`)
      return
    }
    scrape().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      // The scraper tells its operator, who is whom this concerns.
      () => response.writeHead(500).end(),
    )
  })
  server.requestTimeout = REQUEST_MS
  server.maxConnections = MOST_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => closing(server) }
}
