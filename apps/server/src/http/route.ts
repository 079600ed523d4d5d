import type { Readable } from 'node:stream'
import {
  check,
  checkJson,
  ERRORS,
  fail,
  type Failure,
  ok,
  type Result,
  type RouteName,
  type RouteResponse,
  ROUTES,
} from '@talus/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { authorise } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import { errorBody } from '../errors.js'
import { flawed, flawOfNumber } from '../payload.js'
import { actOf, requestFacts } from './accounting.js'
import {
  callerOf,
  concernedSession,
  header,
  oneSession,
  identifyForRoute,
  takeRequest,
  unauthorized,
} from './request.js'

type Part<Name extends RouteName, Key extends 'params' | 'query' | 'body'> = NonNullable<
  (typeof ROUTES)[Name][Key]
>

type Shape<Name extends RouteName, Key extends 'params' | 'query' | 'body'> = [
  Part<Name, Key>,
] extends [never]
  ? undefined
  : Part<Name, Key> extends TSchema
    ? Static<Part<Name, Key>>
    : undefined

/** A request whose parts have the shapes that the contract declares for the route. */
export type RouteRequest<Name extends RouteName> = {
  caller: Caller
  params: Shape<Name, 'params'>
  query: Shape<Name, 'query'>
  body: Shape<Name, 'body'>
  /** The session of the `X-Session-ID` header. */
  session_id: string | undefined
  reply: FastifyReply
}

/** JSON that is written already, or is being written while it is sent. */
export class RawJson {
  readonly text: string | Readable
  /** What it is about, for the audit log. */
  readonly facts: object

  constructor(text: string | Readable, facts: object = {}) {
    this.text = text
    this.facts = facts
  }

  get isWhole(): boolean {
    return typeof this.text === 'string'
  }
}

/**
 * `bodyLimit`: bytes, of a route that takes more than an ordinary message. `unchecked`: the
 * dispatcher checks the body itself, as it does for sockets. `counted`: and counts it. `isFile`: the
 * handler reads it from `reply.request.upload`. `inTurn`: it changes who may do what in a session, and
 * is decided and done before the next such request of that session is looked at (rule AUTH9).
 */
export type RouteOptions = {
  bodyLimit?: number
  unchecked?: boolean
  counted?: boolean
  isFile?: boolean
  inTurn?: boolean
}

type Answer<Name extends RouteName> = Result<RouteResponse<Name> | RawJson>

/** A handler that has answered by itself, through `asked.reply`, gives undefined. */
export type RouteHandler<Name extends RouteName> = (
  asked: RouteRequest<Name>,
) => Promise<Answer<Name> | undefined> | Answer<Name>

/** RFC 9110, section 10.2.3: whole seconds. */
export function sayWhen(
  reply: FastifyReply,
  { retry_after_ms }: { retry_after_ms?: number },
): void {
  if (retry_after_ms !== undefined) reply.header('retry-after', Math.ceil(retry_after_ms / 1_000))
}

/** Sends a refusal: the status is that of its code. */
export function sendFailure(reply: FastifyReply, failure: Failure, extra: object = {}): void {
  const { status } = ERRORS[failure.code]
  sayWhen(reply, failure)
  // RFC 9110, section 15.5.2: a 401 says how to authenticate.
  if (status === 401) {
    unauthorized(reply.request, failure)
    reply.header('www-authenticate', 'Bearer')
  }
  void reply.status(status).send({ success: false, ...extra, error: errorBody(failure) })
}

/** Text of a URL becomes the numbers that the schema wants, and defaults are filled in. */
function fromText(schema: TSchema | undefined, value: unknown): Result<unknown> {
  if (schema === undefined) return ok(undefined)
  const converted = Value.Convert(schema, Value.Default(schema, Value.Clone(value)))
  const lossy = lossyNumber(value as Fields, converted as Fields)
  return lossy ? { ok: false, error: lossy } : check(schema, converted)
}

type Fields = Record<string, unknown> | undefined

/** What else a conversion takes for a number, such as `0x10` or nothing at all, somebody has mistyped. */
const DECIMAL = /^-?\d+(\.\d+)?$/

/** Read all the same, it would ask for another entry than it says (rule NUM1). */
function lossyNumber(texts: Fields = {}, read: Fields = {}): Failure | undefined {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text !== 'string' || typeof read[name] !== 'number') continue
    const flaw = flawOfNumber(text)
    if (flaw) return flawed({ path: `/${name}`, ...flaw })
    // The schema refuses it as the text that it is.
    if (!DECIMAL.test(text)) read[name] = text
  }
  return undefined
}

function readBody(
  name: RouteName,
  request: FastifyRequest,
  { unchecked, isFile }: RouteOptions,
): Result<unknown> {
  const { body: schema } = ROUTES[name] as { body?: TSchema }
  if (schema === undefined) return ok(undefined)
  if (request.body === undefined) request.body = {}
  if (unchecked || isFile) return ok(request.body)
  const { json } = request.server.talusServices
  const plain = checkJson(request.body, '', json)
  return plain.ok ? check(schema, plain.value) : plain
}

async function read<Name extends RouteName>(
  name: Name,
  request: FastifyRequest,
  reply: FastifyReply,
  options: RouteOptions,
): Promise<Result<RouteRequest<Name>>> {
  const { params: paramsSchema, query: querySchema } = ROUTES[name] as {
    params?: TSchema
    query?: TSchema
  }
  const params = fromText(paramsSchema, request.params)
  if (!params.ok) return params
  const query = fromText(querySchema, request.query)
  if (!query.ok) return query
  const body = readBody(name, request, options)
  if (!body.ok) return body
  const named = { params: params.value, query: query.value, body: body.value }
  const one = oneSession(named, request)
  if (!one.ok) return one
  const { span } = request
  const known = await callerOf(name, request, named)
  const caller = span ? { ...known, trace: span } : known
  // What the dispatcher checks, it authorises as well.
  const authorised = options.unchecked ? ok(null) : authorise(caller, ROUTES[name].requires)
  if (!authorised.ok) return authorised
  // The schemas of this very route have accepted the three parts.
  const asked = { caller, ...named }
  return ok({ ...asked, session_id: header(request, 'x-session-id'), reply } as RouteRequest<Name>)
}

/** `{name}` of the contract is `:name` of Fastify. */
function fastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

/** What has to be accounted for goes to the audit log, once it is done. */
function account(name: RouteName, request: FastifyRequest, answer: unknown): void {
  const { params, body } = request
  // What was there already is not done again.
  if ((answer as { duplicate?: boolean }).duplicate === true) return
  const done = actOf(name, { params, body, answer })
  if (!done) return
  request.server.talusServices.audit.did(done.act, { ...requestFacts(request), ...done.facts })
}

/** Does the work when nothing else is changing access to the session that it is about. */
async function inTurn<T>(
  name: RouteName,
  request: FastifyRequest,
  work: () => Promise<T>,
): Promise<T> {
  const session_id = await concernedSession(name, request)
  return session_id === undefined
    ? work()
    : request.server.talusServices.turns.take(session_id, work)
}

/** Mounts one route of the contract in a scope whose prefix is that of the API. */
export function mount<Name extends RouteName>(
  app: FastifyInstance,
  name: Name,
  handler: RouteHandler<Name>,
  options: RouteOptions = {},
): void {
  const { method, path, status } = ROUTES[name]
  app.route({
    method,
    url: fastifyPath(path),
    config: { route: name },
    ...(options.bodyLimit === undefined ? {} : { bodyLimit: options.bodyLimit }),
    onRequest: async (request, reply) => {
      const visitor = await identifyForRoute(name, request)
      if (!visitor.ok) return sendFailure(reply, visitor.error)
      request.visitor = visitor.value
      const { guest_token } = visitor.value
      if (guest_token !== undefined) reply.header('x-guest-token', guest_token)
      const limited = options.counted ? undefined : takeRequest(name, request)
      if (limited) sendFailure(reply, limited)
    },
    handler: async (request, reply) => {
      const handle = async () => {
        const asked = await read(name, request, reply, options)
        return asked.ok ? await handler(asked.value) : asked
      }
      const answer = options.inTurn ? await inTurn(name, request, handle) : await handle()
      if (answer === undefined) return reply
      if (!answer.ok) return sendFailure(reply, answer.error)
      const body = answer.value
      account(name, request, body instanceof RawJson ? body.facts : body)
      if (!(body instanceof RawJson)) return reply.status(status).send(body)
      return reply.status(status).type('application/json; charset=utf-8').send(body.text)
    },
  })
}

/** The session that a request is about: the header's, else the one given. */
export function requiredSession(
  session_id: string | undefined,
  given: string | undefined,
): Result<string> {
  const id = session_id ?? given
  if (id !== undefined) return ok(id)
  return fail('BAD_REQUEST', 'Missing session_id', [
    { path: '/session_id', expected: 'the id of a session, here or in the header X-Session-ID' },
  ])
}
