import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import type { Failure } from '@talus/protocol'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { concernedBy } from '../../observability/concerned.js'
import type { Faults } from '../../observability/faults.js'
import { corsOptions } from '../perimeter/cors.js'
import { guardRest, type Guard } from '../perimeter/guards.js'
import { unexpected } from '../unexpected.js'
import { refusalOf } from './refusals.js'
import { RefusedBody } from './bodies.js'
import { sendFailure } from './route.js'
import { requestFacts } from './watch.js'

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
      const text = await request.server.door.bodies.text(request, payload)
      return new Promise((resolve, reject) => {
        void parse(request, text, (err, body) => (err ? reject(err) : resolve(body)))
      })
    },
  )
}

/** Has a scope and those within it answer as the contract says: one envelope, one perimeter. */
export async function followContract(
  scope: FastifyInstance,
  { faults, guard }: { faults: Faults; guard: Guard },
): Promise<void> {
  refuseWhenClosing(scope)
  guardRest(scope, guard)
  await allowOrigins(scope, guard)
  readJsonOnly(scope)
  await compressAnswers(scope)
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof RefusedBody) return sendFailure(reply, error.failure)
    const refused = refusalOf(error, request.routeOptions.bodyLimit)
    if (refused) return sendFailure(reply, refused)
    const { session_id, asked } = requestFacts(request)
    const { command_id } = concernedBy(request.body)
    sendFailure(reply, unexpected(faults, error, { session_id, command_id, asked }))
  })
  scope.setNotFoundHandler((_request, reply) => {
    sendFailure(reply, { code: 'NOT_FOUND', message: 'Endpoint not found' })
  })
}
