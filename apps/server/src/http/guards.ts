import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { API_PREFIX, ERRORS, type Failure } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'
import { errorBody } from '../errors.js'
import type { Perimeter } from './perimeter.js'
import { sendFailure } from './route.js'

/** Seconds for which browsers come back over HTTPS only. */
const HSTS_MAX_AGE = 365 * 24 * 60 * 60

/**
 * That there is a server, any page may learn: one that is not allowed to call can then say that
 * this is what is wrong, rather than that nothing answers.
 */
const OF_EVERYBODY = `${API_PREFIX}/health`

/**
 * Headers that tell browsers what not to do with an answer. Nothing here is a page but the
 * documentation, which brings its own scripts and styles. Made once: it is the same for every
 * answer of Fastify and of Engine.IO.
 */
export function secureHeaders({ hasTls }: { hasTls: boolean }) {
  const headers = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    // Calls by CORS are not concerned: this is about pages that embed without asking.
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: hasTls && { maxAge: HSTS_MAX_AGE, includeSubDomains: false },
  })
  return (request: IncomingMessage, response: ServerResponse, next: (err?: unknown) => void) => {
    headers(request, response, (err) => {
      if (request.url === OF_EVERYBODY) {
        response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
      }
      next(err)
    })
  }
}

/** What every request meets first, by REST, polling and WebSocket. */
export type Guard = {
  perimeter: Perimeter
  headers: ReturnType<typeof secureHeaders>
}

type Next = (err?: unknown) => void

/** Before CORS, which would answer a preflight of anybody. */
export function guardRest(app: FastifyInstance, { perimeter, headers }: Guard): void {
  app.addHook('onRequest', (request, reply, done) => {
    // What answers say is for the caller alone; routes that name a version say more.
    reply.header('cache-control', 'no-store')
    headers(request.raw, reply.raw, () => {
      const refused = perimeter.refusal(request.raw)
      if (refused) sendFailure(reply, refused)
      else done()
    })
  })
}

/** Answers a request of Engine.IO in our words, in place of Engine.IO. */
export function refuseEngineRequest(
  request: IncomingMessage,
  response: ServerResponse,
  failure: Failure,
): void {
  // An upgrade has no response that could be written to.
  if (!(response instanceof ServerResponse)) return answerAndClose(request.socket, failure)
  const body = JSON.stringify({ success: false, error: errorBody(failure) })
  const { status } = ERRORS[failure.code]
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(body)
}

/**
 * The same for Engine.IO, which answers past Fastify. Its own `allowRequest` would refuse with
 * another body, with 400 over WebSocket, and would not look at requests of a known connection.
 */
export function engineGuards(
  { perimeter, headers }: Guard,
  onRefused: (request: IncomingMessage) => void,
) {
  const refuse = (request: IncomingMessage, response: ServerResponse, next: Next) => {
    const refused = perimeter.refusal(request)
    if (!refused) return next()
    if (refused.code === 'FORBIDDEN') onRefused(request)
    refuseEngineRequest(request, response, refused)
  }
  return [headers, refuse]
}

/** Answers over a socket that no request is known of any longer, and lets go of it. */
export function answerAndClose(socket: Socket, failure: Failure): void {
  // It may be gone already.
  socket.on('error', () => socket.destroy())
  if (!socket.writable) return void socket.destroy()
  const { status } = ERRORS[failure.code]
  const body = JSON.stringify({ success: false, error: errorBody(failure) })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
