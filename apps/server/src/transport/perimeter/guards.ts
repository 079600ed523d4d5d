import { ServerResponse, type IncomingMessage } from 'node:http'
import { ERRORS, type Failure } from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { errorBody } from '../../dispatch/failures.js'
import { sendFailure } from '../rest/route.js'
import { answerAndClose } from './http-server.js'
import type { secureHeaders } from './headers.js'
import type { Perimeter } from './perimeter.js'

/** What every request meets first, whichever door it comes by. */
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
