import {
  API_PREFIX,
  type Actor,
  type ActorClaim,
  type RouteAddress,
  type RouteBody,
  type RouteName,
  type RouteResponse,
} from '@talus/protocol'
import { asErrorBody, ownError, TalusError } from './errors.js'
import { reasonOf } from './failed-attempt.js'
import {
  readBase,
  requireActor,
  requireKnown,
  requirePlatform,
  tokenOf,
  type Token,
} from './options.js'
import { newId } from './new-id.js'
import { backoff, Limit, pause, REFUSAL_DELAYS, travelMs } from './retry.js'
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
 * rejects with a TalusError: the refusal, or UNREACHABLE. Commands and the creation of projects get a
 * `command_id`, unless one is given, and are sent up to three times more when no answer comes.
 */
export type Rest = {
  [Name in RouteName as MethodName<Name>]: (
    ...given: [...Address<Name>, ...Body<Name>]
  ) => Promise<RouteResponse<Name>>
}

/** How the methods of `rest` ask. */
export type RestOptions = {
  /**
   * Who acts, on a server without authentication. Default: `anonymous`. Headers carry Latin-1:
   * another name is left out, and an actor with another id can only read.
   */
  actor?: ActorClaim | undefined
  /** The credential, or where to get it; asked before every request. Default: none. */
  token?: Token | undefined
  /** The token of a share link, for whoever has no role without it. Default: none. */
  shareToken?: string | undefined
  /** Of a guest of the link: makes it the same one each time. Default: one for each address. */
  guestToken?: string | undefined
  /** Ends what is under way, and refuses what comes later. Default: none. */
  signal?: AbortSignal | undefined
  /**
   * How long nothing may come, in milliseconds: as long as something does, an answer may take its
   * time, and a request as long as a slow line needs for it. Default 30,000.
   */
  timeoutMs?: number | undefined
}

const OPTIONS = [
  'actor',
  'token',
  'shareToken',
  'guestToken',
  'signal',
  'timeoutMs',
] as const satisfies (keyof RestOptions)[]

/** What the client needs beside. */
type Sending = RestOptions & {
  /** So many bytes have come, of one answer. */
  onReceived?: ((bytes: number) => void) | undefined
}

type Fields = Record<string, unknown>

type Request = { method: string; url: URL; body: unknown }

/** What cannot be asked for, as the server would say it. */
function unsendable(name: string, expected: string): TalusError {
  const message = `${name} cannot be sent over REST: expected ${expected}`
  return ownError('BAD_REQUEST', message, false)
}

/** A URL carries no half of a character: it would throw, or arrive as another one. */
function encoded(name: string, text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    throw unsendable(name, 'whole characters')
  }
}

/** Fills in the path and puts what is left of the address into the query. */
function requestOf(base: string, line: string, given: readonly unknown[]): Request {
  const [method = '', pattern = ''] = line.split(' ')
  const isAddressed = /^(GET|DELETE) |[{?]/.test(line)
  const rest = new Map(Object.entries((isAddressed ? given[0] : undefined) ?? ({} as Fields)))
  const path = pattern.replace('?', '').replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name)
    rest.delete(name)
    if (typeof value !== 'string' || value === '') {
      throw new TypeError(`${method} ${pattern} needs ${name}, a string`)
    }
    // Every runtime takes these for steps in the path, also when they are encoded.
    if (/^\.\.?$/.test(value)) throw unsendable(name, 'an id other than . and ..')
    return encoded(name, value)
  })
  const url = new URL(base + API_PREFIX + path)
  for (const [name, value] of rest) {
    if (value === undefined) continue
    const text = String(value)
    encoded(name, text)
    url.searchParams.set(name, text)
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
    throw ownError('UNREACHABLE', message, true, cause)
  }
}

export async function headersOf(options: RestOptions, hasBody: boolean): Promise<Headers> {
  const { actor, token, shareToken, guestToken } = options
  const headers = new Headers()
  const secret = (name: string, key: string, value: string | undefined, prefix = '') => {
    if (value === undefined) return
    if (!fitsHeader(value)) throw unsendable(name, 'Latin-1 characters')
    headers.set(key, prefix + value)
  }
  secret('shareToken', 'x-share-token', shareToken)
  secret('guestToken', 'x-guest-token', guestToken)
  if (hasBody) headers.set('content-type', 'application/json')
  const { id, name }: Partial<Actor> = typeof actor === 'string' ? { id: actor } : (actor ?? {})
  if (id !== undefined && fitsHeader(id)) headers.set('x-actor-id', id)
  if (name !== undefined && fitsHeader(name)) headers.set('x-actor-name', name)
  secret('token', 'authorization', await credentialOf(token), 'Bearer ')
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

/** Where nothing tells how large an answer is. */
const LARGE_BYTES = 10_000_000

/** Reads piece by piece, where the runtime can: what comes shows that the line lives. */
async function textOf(response: Response, onBytes: (bytes: number) => void): Promise<string> {
  const reader = response.body?.getReader?.()
  if (!reader) return response.text()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    text += decoder.decode(value, { stream: true })
    bytes += value.length
    onBytes(bytes)
  }
}

function answerIn(text: string, { ok, status, url }: Response, { token }: RestOptions): unknown {
  const body = parsed(text)
  if (ok && body !== undefined) return body
  const message = `Unexpected answer ${status} from ${new URL(url).origin}; is it a Talus server?`
  const unexpected = { code: 'INTERNAL_ERROR', message, retryable: true } as const
  const error = (body as { error?: unknown } | null | undefined)?.error
  const refusal = asErrorBody(error) ?? unexpected
  // A callback may give another token the next time.
  const isForNow = refusal.code === 'UNAUTHORIZED' && typeof token === 'function'
  throw new TalusError(isForNow ? { ...refusal, retryable: true } : refusal)
}

/** Rejects when the signal aborts first. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
    work.then(resolve, reject)
  })
}

async function send(request: Request, options: Sending): Promise<unknown> {
  requireSendable(request, options)
  const { method, url } = request
  // What JSON cannot carry is a TypeError, and no fault of the server.
  const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) }
  const { signal, timeoutMs = 30_000, onReceived } = options
  const ended = new AbortController()
  const abort = () => ended.abort()
  let late: Error | undefined
  const within = (ms: number) =>
    new Limit(ms, () => {
      late = new Error(`nothing came for ${timeoutMs} ms`)
      abort()
    })
  let limit: Limit | undefined
  try {
    if (signal?.aborted) throw signal.reason
    signal?.addEventListener('abort', abort)
    // The time of the application's callback is its own, as long as somebody waits for it.
    const headers = await unlessAborted(headersOf(options, 'body' in body), ended.signal)
    limit = within(timeoutMs + travelMs(body.body?.length ?? 0))
    const response = await fetch(url, { method, headers, signal: ended.signal, ...body })
    limit.stop()
    const size = Number(response.headers.get('content-length')) || LARGE_BYTES
    const reading = (limit = within(timeoutMs + (response.body ? 0 : travelMs(size))))
    const text = await textOf(response, (bytes) => {
      reading.progress()
      onReceived?.(bytes)
    })
    return answerIn(text, response, options)
  } catch (cause) {
    if (cause instanceof TalusError) throw cause
    if (signal?.reason instanceof TalusError) throw signal.reason
    const message = `No answer from ${url.origin}: ${reasonOf(late ?? cause)}`
    throw ownError('UNREACHABLE', message, true, cause)
  } finally {
    limit?.stop()
    signal?.removeEventListener('abort', abort)
  }
}

/** Routes of which the server answers a repetition under the same `command_id` like the first. */
const REPEATABLE: readonly string[] = [
  'ExecuteCommandRoute',
  'UndoRoute',
  'RedoRoute',
  'RestoreRoute',
  'CreateProject',
  'ImportProject',
] satisfies RouteName[]

/** So often a request is repeated whose answer does not come. */
const REPETITIONS = 3

/** Gives a request a `command_id`, if it has none: in the query where the body is a file. */
function withCommandId(name: string, request: Request): Request {
  const { searchParams } = request.url
  if (name !== 'ImportProject') {
    const body = (request.body ?? {}) as Fields
    return { ...request, body: { ...body, command_id: body.command_id ?? newId() } }
  }
  if (!searchParams.has('command_id')) searchParams.set('command_id', newId())
  return request
}

/** Nobody knows whether a request without an answer was executed: it is sent again under its id. */
async function sendRepeatedly(request: Request, options: Sending): Promise<unknown> {
  const signal = options.signal ?? new AbortController().signal
  for (let repetition = 1; ; repetition++) {
    try {
      return await send(request, options)
    } catch (error) {
      const isLost = error instanceof TalusError && error.code === 'UNREACHABLE'
      if (!isLost || repetition > REPETITIONS || signal.aborted) throw error
      await pause(backoff(repetition, REFUSAL_DELAYS), signal)
    }
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
 * Throws a TypeError when the URL is not the address of a server, the actor is nobody, or an
 * option is wrong.
 */
export function rest(url: string, options: RestOptions = {}): Rest {
  requirePlatform()
  requireKnown(options, OPTIONS)
  requireActor(options.actor)
  return restAt(readBase(url).url, options)
}

/** The same, for who has checked the options. */
export function restAt(base: string, options: Sending): Rest {
  const methods = Object.entries(ROUTE_LINES).map(([name, line]) => [
    methodName(name),
    async (...given: unknown[]) => {
      const request = requestOf(base, line, given)
      if (!REPEATABLE.includes(name)) return send(request, options)
      return sendRepeatedly(withCommandId(name, request), options)
    },
  ])
  // The table has every route of the contract; the types above say what each takes and gives.
  return Object.fromEntries(methods) as Rest
}
