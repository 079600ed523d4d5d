import compress from '@fastify/compress'
import cors from '@fastify/cors'
import type { Failure } from '@talus/protocol'
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
} from 'fastify'
import { concernedBy } from '../../observability/concerned.js'
import type { Faults } from '../../observability/faults.js'
import { secureContext } from '../../tls/renewal.js'
import type { Certificate } from '../../tls/certificate.js'
import { corsOptions } from '../perimeter/cors.js'
import { guardRest, type Guard } from '../perimeter/guards.js'
import { HTTP_LIMITS, NODE_LIMITS, refuseMalformed } from '../perimeter/http-server.js'
import { unexpected } from '../unexpected.js'
import { sendFailure } from './route.js'
import { requestFacts } from './watch.js'

/** Longer than any id may be, even when every character is escaped. */
const MAX_PARAM_LENGTH = 300

const UNREADABLE_PATH: Failure = {
  code: 'BAD_REQUEST',
  message: 'The path cannot be read',
  details: [{ path: '', expected: 'a path in UTF-8, with % before two hexadecimal digits only' }],
}

const LONG_PATH: Failure = {
  code: 'BAD_REQUEST',
  message: 'A part of the path is too long',
  details: [{ path: '', expected: `at most ${MAX_PARAM_LENGTH} characters in each part` }],
}

/** What Fastify refuses before a route sees it; undefined: a fault of the server. */
function refusalOf(error: FastifyError, bodyLimit: number): Failure | undefined {
  const status = error.statusCode ?? 500
  if (status === 413) {
    return {
      code: 'PAYLOAD_TOO_LARGE',
      message: `The body may have ${bodyLimit} bytes at most`,
    }
  }
  if (error.code === 'FST_ERR_BAD_URL') return UNREADABLE_PATH
  if (status === 414) return LONG_PATH
  if (status === 404) return { code: 'NOT_FOUND', message: 'Endpoint not found' }
  if (status === 415) {
    return { code: 'BAD_REQUEST', message: 'The body must have the content type application/json' }
  }
  if (status >= 400 && status < 500) return { code: 'BAD_REQUEST', message: error.message }
  return undefined
}

const CLOSING: Failure = {
  code: 'OVERLOADED',
  message: 'The server is shutting down; try again in a moment',
}

/** Who asks over a connection that is still open while the server closes is told in our words. */
function refuseWhenClosing(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', () => {
    closing = true
  })
  app.addHook('onRequest', async (_request, reply) => {
    if (closing) sendFailure(reply, CLOSING)
  })
}

/** Fastify with the one error envelope, and CORS for the seed's browser clients. */
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
    // Both are the defaults; they are what keeps `__proto__` of a body out.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    loggerInstance: options.logger,
    bodyLimit: options.messageBytes,
    // One line per request would be most of the log; failures are logged below.
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  })
  refuseWhenClosing(app)
  guardRest(app, options.guard)
  await app.register(cors, { ...corsOptions(options.guard.perimeter), strictPreflight: false })
  // Only JSON: a page may send text to any origin without asking.
  app.removeContentTypeParser('text/plain')
  await app.register(compress, {
    encodings: ['br', 'gzip'],
    // Smaller answers fit into a packet or two anyway.
    threshold: 1_400,
    // A small body that unpacks to a large one would pass by the limit of bodies.
    globalDecompression: false,
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refused = refusalOf(error, request.routeOptions.bodyLimit)
    if (refused) return sendFailure(reply, refused)
    const { session_id, asked } = requestFacts(request)
    const { command_id } = concernedBy(request.body)
    sendFailure(reply, unexpected(options.faults, error, { session_id, command_id, asked }))
  })
  app.setNotFoundHandler((_request, reply) => {
    sendFailure(reply, { code: 'NOT_FOUND', message: 'Endpoint not found' })
  })
  return app
}
