import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import type { Failure } from '@talus/protocol'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { type Faults, unexpected } from '../errors.js'
import { concernedBy, flawed, flawIn } from '../payload.js'
import { type Certificate, secureContext } from '../tls/certificate.js'
import { requestFacts } from './accounting.js'
import { endAnsweredBodies, endUnreadBodies, readBody, RefusedBody } from './bodies.js'
import { answerAndClose, type Guard, guardRest } from './guards.js'
import { LONG_PATH, MAX_PARAM_LENGTH } from './paths.js'
import { corsOptions } from './perimeter.js'
import { sendFailure } from './route.js'

/** Milliseconds and bytes that keep slow and greedy clients from holding the server. */
const HTTP_LIMITS = {
  /**
   * No limit on a whole request, which would cut uploads over slow lines. What stands still ends:
   * headers by `headersTimeout`, bodies when nothing of them comes (rule LIM21), anything else by
   * `connectionTimeout`.
   */
  requestTimeout: 0,
  /** No byte either way. Long polls say something every 25 s; WebSockets are not concerned. */
  connectionTimeout: 120_000,
  /** An idle connection; longer than the 60 s after which usual proxies let go of theirs. */
  keepAliveTimeout: 72_000,
} as const

/** What Node itself enforces on the parts of a request. */
export const NODE_LIMITS = {
  /** All headers of a request, in milliseconds. */
  headersTimeout: 20_000,
  /** How often the two are looked at, in milliseconds. */
  connectionsCheckingInterval: 5_000,
  /** Bytes of all headers; a token may have 8 KiB. */
  maxHeaderSize: 16_384,
  /** A request without a host is refused here, one with several by the perimeter. */
  requireHostHeader: true,
  insecureHTTPParser: false,
} as const

const SLOW: Failure = {
  code: 'BAD_REQUEST',
  message: 'The request came too slowly',
  details: [
    {
      path: '',
      expected: `all headers within ${NODE_LIMITS.headersTimeout / 1_000} s`,
    },
  ],
}

const LARGE_HEADERS: Failure = {
  code: 'PAYLOAD_TOO_LARGE',
  message: 'The headers are too large',
  details: [{ path: '', expected: `at most ${NODE_LIMITS.maxHeaderSize} bytes of headers` }],
}

const NO_HTTP: Failure = {
  code: 'BAD_REQUEST',
  message: 'The request cannot be read',
  details: [{ path: '', expected: 'a complete request of HTTP/1.1' }],
}

function failureOf(code: string | undefined): Failure {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return SLOW
  return code === 'HPE_HEADER_OVERFLOW' ? LARGE_HEADERS : NO_HTTP
}

/** What was no request is answered in our words, too. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return void socket.destroy()
  answerAndClose(socket, failureOf(error.code))
}

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

/** As an application has it whose pages may call: its word on origins is the one that counts. */
async function allowOrigins(scope: FastifyInstance, { perimeter }: Guard): Promise<void> {
  if (scope.hasRequestDecorator('corsPreflightEnabled')) return
  await scope.register(cors, { ...corsOptions(perimeter), strictPreflight: false })
}

async function compressAnswers(scope: FastifyInstance): Promise<void> {
  if (scope.hasReplyDecorator('compress')) return
  await scope.register(compress, {
    encodings: ['br', 'gzip'],
    // Smaller answers fit into a packet or two anyway.
    threshold: 1_400,
    // A small body that unpacks to a large one would pass by the limit of bodies.
    globalDecompression: false,
  })
}

/** Whether no body follows. */
function isBodiless(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}

function readJsonOnly(scope: FastifyInstance): void {
  // Many clients name a type with every request, also where nothing follows that could have one.
  scope.addHook('onRequest', async ({ headers }) => {
    if (isBodiless(headers)) delete headers['content-type']
  })
  // A page may send text to any origin without asking.
  scope.removeAllContentTypeParsers()
  // 'error' is the default; it is what keeps `__proto__` of a body out.
  const parse = scope.getDefaultJsonParser('error', 'error')
  scope.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, payload: Readable) => {
      const text = await request.server.talusServices.bodies.text(request, payload)
      return readBody(request, text, () => {
        const flaw = flawIn(text)
        if (flaw) throw new RefusedBody(flawed(flaw))
        return new Promise((resolve, reject) => {
          void parse(request, text, (err, body) => (err ? reject(err) : resolve(body)))
        })
      })
    },
  )
}

const NO_ENDPOINT: Failure = { code: 'NOT_FOUND', message: 'Endpoint not found' }

/** Has a scope and those within it answer as the contract says: one envelope, one perimeter. */
export async function followContract(
  scope: FastifyInstance,
  { faults, guard }: { faults: Faults; guard: Guard },
): Promise<void> {
  // First: routes take over the handler that is there when they are made, that of CORS among them.
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof RefusedBody) return sendFailure(reply, error.failure, error.about)
    const refused = refusalOf(error, request.routeOptions.bodyLimit)
    if (refused) return sendFailure(reply, refused)
    const { session_id, asked } = requestFacts(request)
    const { command_id } = concernedBy(request.body)
    sendFailure(reply, unexpected(faults, error, { session_id, command_id, asked }))
  })
  refuseWhenClosing(scope)
  guardRest(scope, guard)
  await allowOrigins(scope, guard)
  // Its body need not be read, however large it is.
  scope.addHook('onRequest', (request, reply, done) => {
    if (request.is404) sendFailure(reply, NO_ENDPOINT)
    else done()
  })
  readJsonOnly(scope)
  endAnsweredBodies(scope)
  endUnreadBodies(scope)
  await compressAnswers(scope)
  scope.setNotFoundHandler((_request, reply) => {
    sendFailure(reply, NO_ENDPOINT)
  })
}

const UNREADABLE_PATH: Failure = {
  code: 'BAD_REQUEST',
  message: 'The path cannot be read',
  details: [{ path: '', expected: 'a path in UTF-8, with % before two hexadecimal digits only' }],
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
