import {
  API_PREFIX,
  type Actor,
  type ActorClaim,
  type RouteAddress,
  type RouteBody,
  type RouteName,
  type RouteResponse,
} from '@talus/protocol'
import { asErrorBody, TalusError } from './errors.js'
import { readOrigin, requireActor, tokenOf, type Token } from './options.js'
import { ROUTE_LINES } from './routes.js'

/** `ExecuteCommandRoute` is called `executeCommand`. */
type MethodName<Name extends RouteName> = Uncapitalize<
  Name extends `${infer Short}Route` ? Short : Name
>

/** May be left out when every field may. */
type OptionalIfEmpty<T> = Record<never, never> extends T ? [given?: T] : [given: T]

type Address<Name extends RouteName> =
  unknown extends RouteAddress<Name> ? [] : OptionalIfEmpty<RouteAddress<Name>>

type Body<Name extends RouteName> = [RouteBody<Name>] extends [undefined]
  ? []
  : OptionalIfEmpty<RouteBody<Name>>

/**
 * One method for each route of the contract. It takes the path parameters and the query in one
 * object, then the body, each if the route has any; it resolves with the body of the answer and
 * rejects with a TalusError: the refusal, or UNREACHABLE.
 */
export type Rest = {
  [Name in RouteName as MethodName<Name>]: (
    ...given: [...Address<Name>, ...Body<Name>]
  ) => Promise<RouteResponse<Name>>
}

/** How the methods of `rest` ask. */
export type RestOptions = {
  /**
   * Who acts, on a server without authentication. Headers carry Latin-1: another name is left out,
   * and an actor with another id can only read.
   */
  actor?: ActorClaim | undefined
  /** The credential, or where to get it; asked before every request. */
  token?: Token | undefined
  /** Ends what is under way, and refuses what comes later. */
  signal?: AbortSignal | undefined
  /** How long an answer may take, in milliseconds. Default 30,000. */
  timeoutMs?: number | undefined
}

type Fields = Record<string, unknown>

type Request = { method: string; url: URL; body: unknown }

/** Fills in the path and puts what is left of the address into the query. */
function requestOf(origin: string, line: string, given: readonly unknown[]): Request {
  const [method = '', pattern = ''] = line.split(' ')
  const isAddressed = method === 'GET' || method === 'DELETE' || /[{?]/.test(pattern)
  const rest = new Map(Object.entries((isAddressed ? given[0] : undefined) ?? ({} as Fields)))
  const path = pattern.replace('?', '').replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name)
    rest.delete(name)
    if (typeof value === 'string' && value !== '') return encodeURIComponent(value)
    throw new TypeError(`${method} ${pattern} needs ${name}, a string`)
  })
  const url = new URL(API_PREFIX + path, origin)
  for (const [name, value] of rest) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return { method, url, body: given[isAddressed ? 1 : 0] }
}

/** Headers carry Latin-1 only, and no line breaks. */
const fitsHeader = (text: string) => /^[\t\x20-\x7E\x80-\xFF]*$/.test(text)

/** What is only read is the same for everybody; what is written must not be said of nobody. */
function requireSendable({ method }: Request, { actor }: RestOptions): void {
  const id = typeof actor === 'string' ? actor : actor?.id
  if (method === 'GET' || id === undefined || fitsHeader(id)) return
  throw new TypeError(
    `The actor's id '${id}' cannot be sent over REST: expected Latin-1 characters`,
  )
}

async function credentialOf(token: Token | undefined): Promise<string | undefined> {
  try {
    return await tokenOf(token)
  } catch (cause) {
    const message = 'Nothing was asked: the token callback failed'
    throw new TalusError({ code: 'UNREACHABLE', message, retryable: true }, { cause })
  }
}

async function headersOf({ actor, token }: RestOptions, hasBody: boolean): Promise<Headers> {
  const headers = new Headers()
  if (hasBody) headers.set('content-type', 'application/json')
  const { id, name }: Partial<Actor> = typeof actor === 'string' ? { id: actor } : (actor ?? {})
  if (id !== undefined && fitsHeader(id)) headers.set('x-actor-id', id)
  if (name !== undefined && fitsHeader(name)) headers.set('x-actor-name', name)
  const credential = await credentialOf(token)
  if (credential !== undefined) headers.set('authorization', `Bearer ${credential}`)
  return headers
}

/** Undefined for what is no JSON, such as the page of a proxy. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function answerOf(response: Response, url: URL): Promise<unknown> {
  const text = await response.text()
  const body = parsed(text)
  if (response.ok && body !== undefined) return body
  const message = `Unexpected answer ${response.status} from ${url.origin}; is it a Talus server?`
  const unexpected = { code: 'INTERNAL_ERROR', message, retryable: true } as const
  const error = (body as { error?: unknown } | null | undefined)?.error
  throw new TalusError(asErrorBody(error) ?? unexpected)
}

async function send(request: Request, options: RestOptions): Promise<unknown> {
  requireSendable(request, options)
  const { method, url } = request
  // What JSON cannot carry is a TypeError, and no fault of the server.
  const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) }
  const { signal, timeoutMs = 30_000 } = options
  const late = AbortSignal.timeout(timeoutMs)
  const until = signal ? AbortSignal.any([signal, late]) : late
  try {
    const headers = await headersOf(options, 'body' in body)
    return await answerOf(await fetch(url, { method, headers, signal: until, ...body }), url)
  } catch (cause) {
    if (cause instanceof TalusError) throw cause
    if (signal?.reason instanceof TalusError) throw signal.reason
    const message = `No answer from ${url.origin}`
    throw new TalusError({ code: 'UNREACHABLE', message, retryable: true }, { cause })
  }
}

const methodName = (name: string) => name[0]?.toLowerCase() + name.slice(1).replace(/Route$/, '')

/**
 * A typed client for the REST routes, for scripts and servers.
 *
 * ```ts
 * const api = rest('http://localhost:5000', { actor: 'importer' })
 * const { project_id } = await api.createProject({ template_id: 'film', project_name: 'Pilot' })
 * await api.saveProject({ project_id })
 * ```
 *
 * Throws a TypeError when the URL is not the origin of a server, or the actor is nobody.
 */
export function rest(url: string, options: RestOptions = {}): Rest {
  const origin = readOrigin(url)
  requireActor(options.actor)
  const methods = Object.entries(ROUTE_LINES).map(([name, line]) => [
    methodName(name),
    async (...given: unknown[]) => send(requestOf(origin, line, given), options),
  ])
  // The table has every route of the contract; the types above say what each takes and gives.
  return Object.fromEntries(methods) as Rest
}
