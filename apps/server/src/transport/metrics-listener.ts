import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scrape } from '../observability/metrics.js'
import { carriesToken } from './metrics-token.js'
import { HTTP_LIMITS, NODE_LIMITS } from './perimeter/http-server.js'
import { repeatedHeader } from './perimeter/single-headers.js'

/** A listener for nothing but `/metrics`. */
export type MetricsListener = { port: number; close: () => Promise<void> }

type Options = {
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

type Refused = { status: number; reason: string }

function refusalOf(
  { headers, rawHeaders, method, url }: IncomingMessage,
  { token, admitsHost }: Options,
): Refused | undefined {
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
export async function openMetricsListener(options: Options): Promise<MetricsListener> {
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
      () => response.writeHead(500).end(),
    )
  })
  server.requestTimeout = HTTP_LIMITS.requestTimeout
  server.maxConnections = MOST_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => closing(server) }
}
