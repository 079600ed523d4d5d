import {
  API_PREFIX,
  type ActorClaim,
  type RouteAddress,
  type RouteBody,
  type RouteName,
  type RouteResponse,
} from '@talus/protocol'
import { asErrorBody, TalusError } from './errors.js'
import { readOrigin, tokenOf, type Token } from './options.js'
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
  /** Who acts, on a server without authentication. */
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

async function headersOf({ actor, token }: RestOptions, hasBody: boolean): Promise<Headers> {
  const headers = new Headers()
  if (hasBody) headers.set('content-type', 'application/json')
  const who = typeof actor === 'string' ? { id: actor } : actor
  if (who) headers.set('x-actor-id', who.id)
  if (who && 'name' in who && who.name !== undefined) headers.set('x-actor-name', who.name)
  const credential = await tokenOf(token)
  if (credential !== undefined) headers.set('authorization', `Bearer ${credential}`)
  return headers
}

async function answerOf(response: Response, url: URL): Promise<unknown> {
  const body = (await response.json()) as { error?: unknown } | null
  if (response.ok) return body
  const message = `Unexpected answer ${response.status} from ${url.origin}; is it a Talus server?`
  const unexpected = { code: 'INTERNAL_ERROR', message, retryable: true } as const
  throw new TalusError(asErrorBody(body?.error) ?? unexpected)
}

async function send({ method, url, body }: Request, options: RestOptions): Promise<unknown> {
  const { signal, timeoutMs = 30_000 } = options
  const late = AbortSignal.timeout(timeoutMs)
  const until = signal ? AbortSignal.any([signal, late]) : late
  try {
    const headers = await headersOf(options, body !== undefined)
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    return await answerOf(await fetch(url, { method, headers, signal: until, ...text }), url)
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
 * Throws a TypeError when the URL is not the origin of a server.
 */
export function rest(url: string, options: RestOptions = {}): Rest {
  const origin = readOrigin(url)
  const methods = Object.entries(ROUTE_LINES).map(([name, line]) => [
    methodName(name),
    async (...given: unknown[]) => send(requestOf(origin, line, given), options),
  ])
  // The table has every route of the contract; the types above say what each takes and gives.
  return Object.fromEntries(methods) as Rest
}
