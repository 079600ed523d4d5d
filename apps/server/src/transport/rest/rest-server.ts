import compress from '@fastify/compress'
import cors from '@fastify/cors'
import type { Failure } from '@talus/protocol'
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
} from 'fastify'
import { StorageError } from '../../journal/journal.js'
import { sendFailure } from './route.js'

/** Faults of a request that Fastify finds before a route sees it. */
function failureOf(error: FastifyError, bodyLimit: number): Failure {
  if (error instanceof StorageError) {
    return { code: 'STORAGE_UNAVAILABLE', message: 'The storage does not answer; try again' }
  }
  const status = error.statusCode ?? 500
  if (status === 413) {
    return {
      code: 'PAYLOAD_TOO_LARGE',
      message: `The body may have ${bodyLimit} bytes at most`,
    }
  }
  if (status === 404) return { code: 'NOT_FOUND', message: 'Endpoint not found' }
  if (status === 415) {
    return { code: 'BAD_REQUEST', message: 'The body must have the content type application/json' }
  }
  if (status >= 400 && status < 500) return { code: 'BAD_REQUEST', message: error.message }
  return { code: 'INTERNAL_ERROR', message: 'Internal server error' }
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
  corsOrigins: string[] | '*'
  /** Of a body, where a route does not take more. */
  messageBytes: number
}): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.logger,
    bodyLimit: options.messageBytes,
    // One line per request would be most of the log; failures are logged below.
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  })
  refuseWhenClosing(app)
  await app.register(cors, {
    origin: options.corsOrigins,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['etag', 'retry-after'],
  })
  await app.register(compress, {
    encodings: ['br', 'gzip'],
    // Smaller answers fit into a packet or two anyway.
    threshold: 1_400,
    // A small body that unpacks to a large one would pass by the limit of bodies.
    globalDecompression: false,
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const failure = failureOf(error, request.routeOptions.bodyLimit ?? options.messageBytes)
    if (failure.code === 'INTERNAL_ERROR' || failure.code === 'STORAGE_UNAVAILABLE') {
      request.log.error({ err: error, url: request.url }, 'request failed')
    }
    sendFailure(reply, failure)
  })
  app.setNotFoundHandler((_request, reply) => {
    sendFailure(reply, { code: 'NOT_FOUND', message: 'Endpoint not found' })
  })
  return app
}
