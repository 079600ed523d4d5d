import { API_PREFIX, ROUTES, type RouteName } from '@talus/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { actorFacts, type Audit, type AuditFacts } from '../../gate/audit.js'
import type { Span, Tracer } from '../../observability/tracer.js'
import { isAct } from './audited-acts.js'
import { addressOf, sessionIn, visitorOf } from './door.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The name of the route in the contract; routes beside it have none. */
    route?: RouteName
  }
  interface FastifyRequest {
    /** Follows the request, while somebody traces. */
    span: Span | undefined
  }
}

/** A request that has been answered. `route` is a pattern, never a URL. */
export type AnsweredRequest = { method: string; route: string; status: number; seconds: number }

export type RequestWatch = {
  audit: Audit
  /** Absent when nobody asked for traces. */
  tracer: Tracer | undefined
  answered: (request: AnsweredRequest) => void
}

/** The pattern of the route; requests that fit none share one. */
export function routeLabel({ routeOptions }: FastifyRequest): string {
  const { url, config } = routeOptions
  if (config.route !== undefined) return API_PREFIX + ROUTES[config.route].path
  return url ?? 'unmatched'
}

/** Who asks from where about what, for the audit log. */
export function requestFacts(request: FastifyRequest): AuditFacts {
  const { params, query, body } = request
  const visitor = visitorOf(request)
  return {
    door: 'rest',
    ...(visitor ? actorFacts(visitor.identity) : {}),
    address: addressOf(request),
    session_id: sessionIn({ params, query, body }, request),
    asked: `${request.method} ${routeLabel(request)}`,
  }
}

function account(request: FastifyRequest, status: number, audit: Audit): void {
  if (status === 401) audit.denied('request.denied', 'UNAUTHORIZED', requestFacts(request))
  if (status === 403) audit.denied('request.denied', 'FORBIDDEN', requestFacts(request))
  const { route } = request.routeOptions.config
  if (!visitorOf(request)?.identity.admin || route === undefined || isAct(route)) return
  const { scope } = ROUTES[route]
  const isOfOthers = scope === 'session' || scope === 'project'
  if (status < 400 && isOfOthers) audit.did('admin.access', requestFacts(request))
}

/** Follows requests from where their callers' traces lead to (W3C Trace Context). */
function followRequests(app: FastifyInstance, tracer: Tracer): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { method, headers } = request
    const route = routeLabel(request)
    const attributes = { 'http.request.method': method, 'http.route': route }
    request.span = tracer.begin(
      { name: `${method} ${route}`, isEntry: true, attributes },
      { headers },
    )
    done()
  })
  app.addHook('onResponse', ({ span }, { statusCode }, done) => {
    span?.end({
      isFault: statusCode >= 500,
      attributes: { 'http.response.status_code': statusCode },
    })
    done()
  })
}

/** Tells of every request once it is answered: refusals of any kind pass here too. */
export function watchRequests(
  app: FastifyInstance,
  { audit, answered, tracer }: RequestWatch,
): void {
  app.decorateRequest('span', undefined)
  if (tracer) followRequests(app, tracer)
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime } = reply
    const { method } = request
    answered({ method, route: routeLabel(request), status, seconds: elapsedTime / 1_000 })
    account(request, status, audit)
    done()
  })
}
