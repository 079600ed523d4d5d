import type { ActorClaim } from '@talus/protocol'
import type { CommandStore } from './queue/store.js'
import type { Delays } from './retry.js'
import type { GraphLimits } from './storage/storage.js'

/** A credential, or where to get a fresh one: asked whenever the client connects. */
export type Token = string | (() => string | Promise<string>)

/** How a client behaves. All times are in milliseconds. */
export type ClientOptions = {
  /**
   * Who acts: an id, or `{ id, name }`. Undo steps belong to the id. Default: `anonymous`, which
   * everybody without an id shares.
   */
  actor?: ActorClaim
  /** The credential for servers that want one. Default: none. */
  token?: Token
  /**
   * The token of a share link. Without `token` the client is a guest of its session: the same one
   * over connections and, in a page that may store something, over reloads, unless `store` is null.
   * Default: none.
   */
  shareToken?: string
  /**
   * Where commands wait until they are answered. Default: IndexedDB in browsers, memory elsewhere;
   * `fileStore` of `@talus/client/node` keeps them in a file. Null: memory.
   */
  store?: CommandStore | null
  /**
   * Whether the store keeps the last graph of each session, to show it at once after a reload,
   * with or without a connection; and how much of it. Default: yes.
   */
  keepGraphs?: boolean | GraphLimits
  /**
   * How long a connection may stand still, with nothing coming, while an answer is waited for.
   * Default 10,000.
   */
  ackTimeoutMs?: number
  /**
   * How long a join may take without coming any further, and a preview in all, however often it
   * is asked. Default 60,000.
   */
  totalTimeoutMs?: number
  /** Pauses between attempts to connect: doubling, with jitter. Default 1,000 to 5,000. */
  reconnect?: Partial<Delays>
  /** Transports in the order of trying. Default WebSocket, then HTTP long-polling. */
  transports?: ('websocket' | 'polling')[]
}

export type Settings = ClientOptions &
  Required<Pick<ClientOptions, 'ackTimeoutMs' | 'totalTimeoutMs' | 'transports'>> & {
    reconnect: Delays
  }

// Timers of browsers and Node take no more.
const LONGEST_MS = 2 ** 31 - 1

function milliseconds(name: string, given: number | undefined, fallback: number): number {
  const value = given ?? fallback
  if (typeof value === 'number' && value > 0 && value <= LONGEST_MS) return value
  throw new TypeError(`${name} is ${String(value)}: expected milliseconds`)
}

function expectOption(holds: boolean, name: string, expected: string): void {
  if (!holds) throw new TypeError(`The option ${name} is wrong: expected ${expected}`)
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''

/** Throws a TypeError unless it is somebody; a server takes anything else for nobody. */
export function requireActor(actor: ActorClaim | undefined): void {
  if (actor === undefined || isText(actor)) return
  const { id, name } = Object(actor) as { id?: unknown; name?: unknown }
  const holds = isText(id) && (name === undefined || isText(name))
  expectOption(holds, 'actor', 'an id, or { id, name? }, not empty')
}

const OPTIONS = [
  'actor',
  'token',
  'shareToken',
  'store',
  'keepGraphs',
  'ackTimeoutMs',
  'totalTimeoutMs',
  'reconnect',
  'transports',
] as const satisfies (keyof ClientOptions)[]

const STORE_METHODS = ['adopt', 'add', 'remove', 'close'] as const

function requireKinds(options: ClientOptions): void {
  const { actor, token, shareToken, store, keepGraphs, transports } = options
  requireActor(actor)
  const isToken = token === undefined || typeof token === 'string' || typeof token === 'function'
  expectOption(isToken, 'token', 'a string or a function')
  const isLink = shareToken === undefined || isText(shareToken)
  expectOption(isLink, 'shareToken', 'a string')
  const isStore = !store || STORE_METHODS.every((name) => typeof store[name] === 'function')
  expectOption(isStore, 'store', 'a CommandStore or null')
  // True and false have no values.
  const areLimits = Object.values(Object(keepGraphs) as object).every((limit) => limit > 0)
  expectOption(areLimits, 'keepGraphs', 'true, false or { sessions, days, bytes }')
  const areKnown = /^\[("(websocket|polling)",?)+]$/.test(JSON.stringify(transports))
  expectOption(transports === undefined || areKnown, 'transports', "'websocket', 'polling' or both")
}

/** Fills in the defaults. Throws a TypeError that names the option which is wrong. */
export function readOptions(options: ClientOptions): Settings {
  requireKnown(options, OPTIONS)
  requireKinds(options)
  requireKnown(options.reconnect ?? {}, ['minDelayMs', 'maxDelayMs'])
  const { ackTimeoutMs, totalTimeoutMs, reconnect = {}, transports } = options
  return {
    ...options,
    ackTimeoutMs: milliseconds('ackTimeoutMs', ackTimeoutMs, 10_000),
    totalTimeoutMs: milliseconds('totalTimeoutMs', totalTimeoutMs, 60_000),
    reconnect: {
      minDelayMs: milliseconds('reconnect.minDelayMs', reconnect.minDelayMs, 1_000),
      maxDelayMs: milliseconds('reconnect.maxDelayMs', reconnect.maxDelayMs, 5_000),
    },
    transports: transports ?? ['websocket', 'polling'],
  }
}

/** The credential of the moment. Rejects with what the callback rejects with. */
export async function tokenOf(token: Token | undefined): Promise<string | undefined> {
  return typeof token === 'function' ? await token() : token
}

/** Where a server is: `url` is both parts, `path` is empty or begins with a slash. */
export type Base = { url: string; origin: string; path: string }

/** The address of a server. Throws a TypeError when the URL cannot be one. */
export function readBase(url: string): Base {
  const parts: Partial<URL> = urlOf(url) ?? {}
  const { protocol = '', pathname = '', search, hash, username, origin = '' } = parts
  if (!/^https?:$/.test(protocol) || search || hash || username) {
    const expected = 'expected one such as http://localhost:5000 or https://host/talus'
    throw new TypeError(`'${url}' is no address of a server: ${expected}`)
  }
  let path = pathname
  while (path.endsWith('/')) path = path.slice(0, -1)
  return { url: origin + path, origin, path }
}

function urlOf(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    // Whoever asks says what was expected.
    return undefined
  }
}

const NEEDED = ['fetch', 'URL', 'AbortController', 'TextEncoder'] as const

/** Newer than ECMAScript 2021, and in every runtime that the README names. */
const METHODS = [
  [Object, 'hasOwn'],
  [Array.prototype, 'at'],
  [Array.prototype, 'findLast'],
] as const

/** Throws a TypeError when the runtime lacks something, rather than fail with that later. */
export function requirePlatform(needed: readonly (keyof typeof globalThis)[] = NEEDED): void {
  const missing = [
    ...needed.filter((name) => !globalThis[name]),
    ...METHODS.flatMap(([owner, name]) => (name in owner ? [] : `method '${name}'`)),
  ]
  if (missing.length === 0) return
  throw new TypeError(
    `This runtime has no ${missing.join(', no ')}; load a polyfill before @talus/client`,
  )
}

/** Throws a TypeError for an option that there is not, such as one that is misspelt. */
export function requireKnown(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new TypeError(`There is no option ${unknown}; there are ${known.join(', ')}`)
}
