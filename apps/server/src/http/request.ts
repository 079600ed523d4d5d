import {
  check,
  fail,
  type Failure,
  type JsonLimits,
  ok,
  type Result,
  type Role,
  type RouteName,
  ROUTES,
  SessionId,
} from '@talus/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Access, authorise, type ListedFor } from '../auth/access.js'
import {
  actorOf,
  type Authenticator,
  bearerOf,
  type Caller,
  NOBODY,
  type Visitor,
} from '../auth/identity.js'
import { chargedFor, type Spending } from '../limits/accounts.js'
import type { RateLimit } from '../limits/rate.js'
import type { SessionQuota } from '../limits/session-limits.js'
import type { WorkLimits } from '../limits/work.js'
import type { Audit } from '../observability/audit.js'
import type { KeyedQueue } from '../turns.js'
import type { Bodies } from './bodies.js'
import type { AddressOf } from './perimeter.js'

/** What decides who a request is from and what it may do. */
export type RequestServices = {
  access: Access
  authenticator: Authenticator
  audit: Audit
  /** Requests that are no commands, which the dispatcher counts. */
  requests: RateLimit
  work: WorkLimits
  /** What writes to disk as commands do. */
  spending: Spending
  quota: SessionQuota
  json: JsonLimits
  /** Reads what requests bring along. */
  bodies: Bodies
  addressOf: AddressOf
  /** Requests that change who may do what in a session come one after the other. */
  turns: KeyedQueue
  /** The session of a project; undefined when there is no such project. */
  sessionOfProject: (project_id: string) => Promise<string | undefined>
}

declare module 'fastify' {
  interface FastifyInstance {
    talusServices: RequestServices
  }
  interface FastifyRequest {
    visitor: Visitor
  }
}

/** The parts of a request in which a session or a project may be named. */
export type NamedParts = { params: unknown; query: unknown; body: unknown }

export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Who a request says that it comes from (rule ACT1). */
function claimedActor(request: FastifyRequest) {
  const id = header(request, 'x-actor-id')
  const name = header(request, 'x-actor-name')
  return actorOf(id === undefined ? undefined : name === undefined ? id : { id, name })
}

export function decorateRequests(app: FastifyInstance, services: RequestServices): void {
  app.decorate('talusServices', services)
  app.decorateRequest('visitor', null as unknown as Visitor)
}

/** The address that a request comes from; sockets go by the same rule, whatever Fastify is told. */
export function addressOf({ server, raw }: FastifyRequest): string {
  return server.talusServices.addressOf(raw)
}

/** Who is behind a request; null when that is refused, or nobody has asked yet. */
export function visitorOf(request: FastifyRequest): Visitor | null {
  return request.visitor
}

const refusals = new WeakMap<FastifyRequest, Failure>()

/** Keeps why the token of a request was refused, for the audit log. */
export function unauthorized(request: FastifyRequest, refusal: Failure): void {
  refusals.set(request, refusal)
}

/** Why the token of a request was refused, if it was. */
export function unauthorizedBy(request: FastifyRequest): Failure | undefined {
  return refusals.get(request)
}

/** Finds out who is there, before a body is read. */
export async function identifyForRoute(
  name: RouteName,
  request: FastifyRequest,
): Promise<Result<Visitor>> {
  if (ROUTES[name].scope === 'open') return { ok: true, value: NOBODY }
  return identify(request)
}

/** Finds out who is behind a request. */
export function identify(request: FastifyRequest): Promise<Result<Visitor>> {
  return request.server.talusServices.authenticator.identify({
    token: bearerOf(header(request, 'authorization')),
    share_token: header(request, 'x-share-token'),
    guest_token: header(request, 'x-guest-token'),
    isRequest: true,
    claimed: claimedActor(request),
    address: addressOf(request),
    headers: request.headers,
  })
}

/** Who is charged for a request. */
export function chargedBy(request: FastifyRequest): string {
  // Requests of no route, and those that everybody may send, have nobody behind them.
  const visitor = visitorOf(request) ?? NOBODY
  const authenticated = request.server.talusServices.access.authenticated && visitor !== NOBODY
  return chargedFor({ identity: visitor.identity, authenticated, address: addressOf(request) })
}

/** Requests that write whole graphs, and are no commands. */
const WRITING: ReadonlySet<RouteName> = new Set([
  'CreateProject',
  'ImportProject',
  'LoadProject',
  'SaveProject',
])

/** Whether a request writes a whole graph, and is no command. */
export function isWriting(name: RouteName): boolean {
  return WRITING.has(name)
}

/** Counts a request. */
export function takeRequest(name: RouteName, request: FastifyRequest): Failure | undefined {
  if (ROUTES[name].scope === 'open') return undefined
  const { requests, spending } = request.server.talusServices
  const actor_id = request.visitor.identity.actor.id
  const overdrawn = isWriting(name) ? spending.refusal({ actor_id }) : undefined
  return overdrawn ?? requests.take(chargedBy(request))
}

/** Counts a new session. Errors: LIMIT_EXCEEDED, RATE_LIMITED. */
export async function mayCreate({ request, server }: FastifyReply, { actor }: Caller) {
  const error = await server.talusServices.quota.admit(actor.id, addressOf(request))
  return error ? { ok: false as const, error } : ok(null)
}

const NO_PROJECT: Failure = {
  code: 'PROJECT_NOT_FOUND',
  message: 'Project not found',
  details: [{ path: '/project_id', expected: 'the id of an existing project' }],
}

export function textIn(part: unknown, key: string): string | undefined {
  if (typeof part !== 'object' || part === null) return undefined
  const value: unknown = (part as Record<string, unknown>)[key]
  return typeof value === 'string' ? value : undefined
}

/** The session that a request is about; `oneSession` sees to it that there is one at most. */
export function sessionIn(
  { params, query, body }: NamedParts,
  request: FastifyRequest,
): string | undefined {
  const id =
    textIn(params, 'session_id') ??
    textIn(query, 'session_id') ??
    textIn(body, 'session_id') ??
    header(request, 'x-session-id')
  return check(SessionId, id).ok ? id : undefined
}

/**
 * Refuses a request whose header names another session than its query or body does: one of them would
 * be left out without a word. In a path the session is what the request is about, whatever the header
 * says that a client sends with everything.
 */
export function oneSession(
  { params, query, body }: NamedParts,
  request: FastifyRequest,
): Result<null> {
  const said = header(request, 'x-session-id')
  const given = textIn(query, 'session_id') ?? textIn(body, 'session_id')
  const isNamed = textIn(params, 'session_id') !== undefined
  if (isNamed || said === undefined || given === undefined || said === given) return ok(null)
  return fail('BAD_REQUEST', 'X-Session-ID names another session than the request', [
    {
      path: '/session_id',
      expected: 'the session of the header X-Session-ID, or none',
      actual: given.slice(0, 128),
    },
  ])
}

/** Who calls, with the role that the route's scope is about. */
export async function callerOf(
  name: RouteName,
  request: FastifyRequest,
  named: NamedParts,
): Promise<Caller> {
  const { access, sessionOfProject } = request.server.talusServices
  const { scope } = ROUTES[name]
  const project_id = scope === 'project' ? textIn(named.params, 'project_id') : undefined
  const session_id =
    project_id === undefined ? sessionIn(named, request) : await sessionOfProject(project_id)
  if (access.authenticated && project_id !== undefined && session_id === undefined) {
    // One that comes into being meanwhile would be somebody's.
    return { actor: request.visitor.identity.actor, role: null, refusal: NO_PROJECT }
  }
  const isAboutSession = scope === 'session' || scope === 'project'
  // What names no session, or none that there is, has nothing to protect: the route refuses it.
  return isAboutSession && session_id !== undefined
    ? access.callerIn(request.visitor, session_id)
    : access.caller(request.visitor)
}

/** Whether a caller still has a role, at the moment at which it is asked. */
export function stillHas(reply: FastifyReply, caller: Caller, requires: Role): () => Result<null> {
  return () => authorise(reply.server.talusServices.access.now(caller), requires)
}

/** What the caller may do in another session than the one that the route is about. */
export function callerElsewhere(reply: FastifyReply, session_id: string) {
  return reply.server.talusServices.access.callerIn(reply.request.visitor, session_id)
}

/** Whose things the caller is shown in lists; undefined: everybody's. */
export function listedFor(reply: FastifyReply): ListedFor | undefined {
  return reply.server.talusServices.access.listedFor(reply.request.visitor)
}

/** The session that a request is about, through its project if need be. */
export async function concernedSession(
  name: RouteName,
  request: FastifyRequest,
): Promise<string | undefined> {
  const { params, query, body } = request
  const project_id = ROUTES[name].scope === 'project' ? textIn(params, 'project_id') : undefined
  if (project_id !== undefined) return request.server.talusServices.sessionOfProject(project_id)
  return sessionIn({ params, query, body }, request)
}
