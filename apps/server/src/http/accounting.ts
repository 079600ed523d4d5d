import { API_PREFIX, type RouteName, ROUTES } from '@talus/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type Act,
  actorFacts,
  type Audit,
  type AuditFacts,
  tokenFault,
} from '../observability/audit.js'
import type { Span, Tracer } from '../observability/tracing.js'
import { addressOf, sessionIn, textIn, unauthorizedBy, visitorOf } from './request.js'

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
type AnsweredRequest = { method: string; route: string; status: number; seconds: number }

type RequestObserver = {
  audit: Audit
  /** Absent when nobody asked for traces. */
  tracer: Tracer | undefined
  answered: (request: AnsweredRequest) => void
}

/** The pattern of the route; requests that fit none share one. */
function routeLabel({ routeOptions }: FastifyRequest): string {
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
  if (status === 401) {
    const refused = unauthorizedBy(request)
    const fault = refused ? tokenFault(refused) : {}
    audit.denied('request.denied', 'UNAUTHORIZED', { ...requestFacts(request), ...fault })
  }
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
  { audit, answered, tracer }: RequestObserver,
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

/** The routes that do what must be accounted for. */
const ACTS: Partial<Record<RouteName, Act>> = {
  CreateSession: 'session.created',
  RestoreRoute: 'session.restored',
  DeleteSession: 'session.deleted',
  CreateProject: 'project.created',
  ImportProject: 'project.created',
  LoadProject: 'project.loaded',
  DeleteProject: 'project.deleted',
  PutMember: 'member.changed',
  DeleteMember: 'member.removed',
  CreateShareLink: 'share-link.created',
  DeleteShareLink: 'share-link.revoked',
}

function isAct(route: RouteName): boolean {
  return ACTS[route] !== undefined
}

type Done = { params: unknown; body: unknown; answer: unknown }

/** What was done by a route, and to what; undefined where nothing has to be accounted for. */
export function actOf(
  route: RouteName,
  { params, body, answer }: Done,
): { act: Act; facts: Partial<AuditFacts> } | undefined {
  const act = ACTS[route]
  if (act === undefined) return undefined
  const link = (answer as { link?: unknown }).link
  const facts = {
    session_id: textIn(params, 'session_id') ?? textIn(answer, 'session_id'),
    project_id: textIn(params, 'project_id') ?? textIn(answer, 'project_id'),
    member_id: textIn(params, 'actor_id'),
    role: textIn(body, 'role'),
    link_id: textIn(params, 'link_id') ?? textIn(link, 'link_id'),
  }
  return { act, facts }
}
