import type { Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { API_PREFIX } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import type { Replacements } from './wiring.js'
import { composeTalus } from './talus.js'
import type { Config } from './config/config.js'
import { loadCertificate, renewHourly, renewing } from './tls/certificate.js'
import { hostsOf } from './http/perimeter.js'
import { builtPages } from './files.js'
import { takeOffBasePath } from './http/paths.js'
import {
  type MetricsListener,
  mountDocs,
  mountMetrics,
  mountStudio,
  openMetricsListener,
} from './http/server-routes.js'
import { createRestServer } from './http/server.js'
import { otherServers, serveOtherListeners } from './sockets/server.js'

/** A server that is composed but does not listen yet. */
export type App = {
  /** The HTTP server, to which routes may be added before it listens. */
  rest: FastifyInstance
  /** Whether it serves the documentation, at `/docs`. */
  hasDocs: boolean
  /** Whether it serves the studio, at `/`. */
  hasStudio: boolean
  /** Starts to listen; resolves with the address, e.g. `http://127.0.0.1:5000`. */
  listen: () => Promise<string>
  /** The port of the metrics' own listener, once it listens. */
  metricsPort: () => number | undefined
  /** Opens the files of logs again, after somebody has moved them away. */
  reopenLogs: () => void
  /** Looks at the files of the certificate again; null without TLS. */
  renewCertificate: (() => void) | null
  /** Resolves when what was taken in is durable and written to the connections. */
  settled: () => Promise<void>
  /** Tells balancers to send nobody; everything else goes on. */
  drain: () => void
  /** Refuses new work, lets what was taken in become durable, and closes everything. */
  close: () => Promise<void>
}

function urlOf({ address, family, port }: AddressInfo, scheme: 'http' | 'https'): string {
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** Answers on their way may take this many milliseconds; then their connections are cut. */
const ANSWER_LIMIT_MS = 3_000

async function closeRest(rest: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => rest.server.closeAllConnections(), ANSWER_LIMIT_MS)
  await rest.close()
  clearTimeout(cut)
}

/**
 * Puts a server together, with an HTTP server of its own; `talus` puts the same into a Fastify
 * application. Rejects when the data cannot be opened, and with a SettingError when a setting cannot
 * be put into effect.
 */
export async function buildApp(config: Config, replacements: Replacements = {}): Promise<App> {
  const { network, limits } = config
  const certificate = network.tls && loadCertificate(network.tls)
  const talus = await composeTalus(config, replacements, { hasTls: certificate !== null })
  const { observation, faults, guard, isOpen } = talus
  const { log, metrics } = observation
  const { trustProxy } = network
  const { messageBytes } = limits
  const options = { logger: log, faults, guard, trustProxy, certificate, messageBytes }
  const rest = await createRestServer(options)
  talus.watch(rest)
  void rest.register(async (scope) => talus.mountApi(scope), { prefix: API_PREFIX })
  mountMetrics(rest, { scrape: metrics.scrape, token: config.metricsToken })
  const docs = config.docs ? builtPages('docs') : undefined
  if (docs !== undefined) await mountDocs(rest, docs)
  const studio = config.studio ? builtPages('studio') : undefined
  if (studio !== undefined) await mountStudio(rest, studio)
  talus.attach(rest.server)
  serveOtherListeners(rest)
  // Last, to be the first that is called.
  takeOffBasePath(rest.server, network.basePath)
  const secured = {
    setSecureContext(options: SecureContextOptions) {
      for (const server of [rest.server, ...otherServers(rest)]) {
        ;(server as HttpsServer).setSecureContext(options)
      }
    },
  }
  const renewCertificate =
    network.tls && certificate
      ? renewing(secured, { files: network.tls, current: certificate, log })
      : null
  if (renewCertificate) renewHourly(renewCertificate, { after: talus.sources.after, isOpen })
  let metricsListener: MetricsListener | undefined

  return {
    rest,
    hasDocs: docs !== undefined,
    hasStudio: studio !== undefined,
    metricsPort: () => metricsListener?.port,
    reopenLogs: () => observation.reopen(),
    renewCertificate,
    settled: () => talus.settled(),
    drain: () => talus.drain(),
    async listen() {
      if (config.metricsListener) {
        const { scrape } = metrics
        metricsListener = await openMetricsListener({
          ...config.metricsListener,
          scrape,
          token: config.metricsToken,
          admitsHost: hostsOf(network.metricsHosts),
        })
      }
      await rest.listen({ host: config.host, port: config.port })
      for (const server of otherServers(rest)) takeOffBasePath(server, network.basePath)
      return urlOf(rest.server.address() as AddressInfo, certificate ? 'https' : 'http')
    },
    async close() {
      await talus.finish()
      await closeRest(rest)
      await metricsListener?.close()
      await talus.close()
    },
  }
}
