import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Faults } from '../../observability/faults.js'
import { secureContext } from '../../tls/renewal.js'
import type { Certificate } from '../../tls/certificate.js'
import type { Guard } from '../perimeter/guards.js'
import { HTTP_LIMITS, NODE_LIMITS, refuseMalformed } from '../perimeter/http-server.js'
import { unexpected } from '../unexpected.js'
import { followContract } from './conventions.js'
import { MAX_PARAM_LENGTH, refusalOf } from './refusals.js'
import { sendFailure } from './route.js'

/** An HTTP server whose every answer is as the contract says. */
export async function createRestServer(options: {
  logger: FastifyBaseLogger
  faults: Faults
  guard: Guard
  trustProxy: readonly string[]
  /** Null: plain HTTP. */
  certificate: Certificate | null
  /** Of a body, where a route does not take more. */
  messageBytes: number
}): Promise<FastifyInstance> {
  const { certificate, trustProxy } = options
  const app = fastify({
    ...(certificate
      ? { https: { ...NODE_LIMITS, ...secureContext(certificate), handshakeTimeout: 15_000 } }
      : { http: NODE_LIMITS }),
    ...HTTP_LIMITS,
    clientErrorHandler: refuseMalformed,
    // Paths that the router cannot read reach no error handler.
    frameworkErrors: (error, request, reply) => {
      const refused = refusalOf(error, options.messageBytes)
      sendFailure(reply, refused ?? unexpected(options.faults, error, { method: request.method }))
    },
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    loggerInstance: options.logger,
    bodyLimit: options.messageBytes,
    // One line per request would be most of the log; failures are logged below.
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  })
  await followContract(app, options)
  return app
}
