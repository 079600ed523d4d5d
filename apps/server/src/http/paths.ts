import type { IncomingMessage, Server } from 'node:http'
import type { Failure } from '@talus/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sendFailure } from './route.js'

/**
 * Takes the path below which a proxy serves this server off the addresses of requests and upgrades,
 * before anybody reads them. Addresses without it stay as they are, so that the server can be asked
 * directly too.
 */
export function takeOffBasePath(server: Server, basePath: string): void {
  if (basePath === '') return
  const takeOff = (request: IncomingMessage) => {
    const { url = '/' } = request
    const rest = url.startsWith(basePath) ? url.slice(basePath.length) : url
    if (rest === '' || rest.startsWith('?')) {
      // Where Fastify looks for the address as it came.
      Object.assign(request, { originalUrl: url, url: `/${rest}` })
    } else if (rest.startsWith('/')) request.url = rest
  }
  server.prependListener('request', takeOff)
  server.prependListener('upgrade', takeOff)
}

/** What Fastify takes where the application says nothing. */
const USUAL_LENGTH = 100

/** Parts of a path that stand for longer ones, by request. */
const replaced = new WeakMap<IncomingMessage, ReadonlyMap<string, string>>()

function lengthAllowed({ initialConfig }: FastifyInstance): number {
  const { routerOptions, maxParamLength } = initialConfig
  return routerOptions?.maxParamLength ?? maxParamLength ?? USUAL_LENGTH
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // The router refuses what cannot be decoded; here only its length counts.
    return part
  }
}

/** Puts the parts of a request's path back that are longer than its router takes. */
function restore({ raw, params }: FastifyRequest): void {
  const parts = replaced.get(raw)
  if (!parts || typeof params !== 'object' || params === null) return
  for (const [name, value] of Object.entries(params)) {
    const part = parts.get(String(value))
    if (part !== undefined) Object.assign(params, { [name]: part })
  }
}

/**
 * Has the routes of a scope take ids of any length that the contract allows in an application whose
 * router takes shorter parts of a path, 100 characters by default. A path that fits no route because
 * of that is routed once more, with short parts in the place of the long ones.
 */
export function takeLongParts(scope: FastifyInstance): void {
  const most = lengthAllowed(scope)
  if (most >= MAX_PARAM_LENGTH) return
  scope.addHook('onRequest', (request, _reply, done) => {
    restore(request)
    done()
  })
  scope.route({
    method: ['GET', 'POST', 'PUT', 'DELETE'],
    url: '/*',
    exposeHeadRoute: false,
    onRequest: (request, reply, done) => {
      const { raw } = request
      const [path = '', query] = (raw.url ?? '').split(/(?=\?)/)
      const long = new Map<string, string>()
      const shortened = path.split('/').map((part, at) => {
        const value = decoded(part)
        if (value.length <= most) return part
        long.set(`long-${at}`, value)
        return `long-${at}`
      })
      if (long.size === 0 || replaced.has(raw)) return done()
      if ([...long.values()].some(({ length }) => length > MAX_PARAM_LENGTH)) {
        return sendFailure(reply, LONG_PATH)
      }
      replaced.set(raw, long)
      raw.url = shortened.join('/') + (query ?? '')
      reply.hijack()
      scope.routing(raw, reply.raw)
    },
    handler: (_request, reply) => reply.callNotFound(),
  })
}

/** Longer than any id may be, even when every character is escaped. */
export const MAX_PARAM_LENGTH = 300

export const LONG_PATH: Failure = {
  code: 'BAD_REQUEST',
  message: 'A part of the path is too long',
  details: [{ path: '', expected: `at most ${MAX_PARAM_LENGTH} characters in each part` }],
}
