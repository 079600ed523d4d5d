import type { ActorClaim } from '@talus/protocol'
import type { CommandStore } from './queue/store.js'
import type { Delays } from './retry.js'

/** A credential, or where to get a fresh one: asked whenever the client connects. */
export type Token = string | (() => string | Promise<string>)

/** How a client behaves. All times are in milliseconds. */
export type ClientOptions = {
  /**
   * Who acts: an id, or `{ id, name }`. Undo steps belong to the id; without one everybody shares
   * `anonymous`.
   */
  actor?: ActorClaim
  /** The credential for servers that want one. */
  token?: Token
  /**
   * Where commands wait until they are answered. Default: IndexedDB in browsers, memory elsewhere;
   * `fileStore` of `@talus/client/node` keeps them in a file. Null: memory.
   */
  store?: CommandStore | null
  /** How long to wait for one answer before asking again. Default 10,000. */
  ackTimeoutMs?: number
  /** How long a join or a preview may take in all, however often it is asked. Default 60,000. */
  totalTimeoutMs?: number
  /** Pauses between attempts to connect: doubling, with jitter. Default 1,000 to 5,000. */
  reconnect?: Partial<Delays>
  /** Transports in the order of trying. Default WebSocket, then HTTP long-polling. */
  transports?: ('websocket' | 'polling')[]
}

export type Settings = {
  actor: ActorClaim | undefined
  token: Token | undefined
  store: CommandStore | null | undefined
  ackTimeoutMs: number
  totalTimeoutMs: number
  reconnect: Delays
  transports: ('websocket' | 'polling')[]
}

// Timers of browsers and Node take no more.
const LONGEST_MS = 2 ** 31 - 1

function milliseconds(name: string, given: number | undefined, fallback: number): number {
  const value = given ?? fallback
  if (typeof value === 'number' && value > 0 && value <= LONGEST_MS) return value
  throw new TypeError(`${name} is ${String(value)}: expected milliseconds, more than 0`)
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

const TRANSPORTS = new Set<unknown>(['websocket', 'polling'])

const STORE_METHODS = ['adopt', 'add', 'remove', 'close'] as const

function requireKinds({ actor, token, store, transports }: ClientOptions): void {
  requireActor(actor)
  const isToken = token === undefined || typeof token === 'string' || typeof token === 'function'
  expectOption(isToken, 'token', 'a string or a function that gives one')
  const isStore = !store || STORE_METHODS.every((name) => typeof store[name] === 'function')
  expectOption(isStore, 'store', 'a CommandStore, or null for memory')
  const isList = Array.isArray(transports) && transports.length > 0
  const areKnown = isList && transports.every((transport) => TRANSPORTS.has(transport))
  expectOption(transports === undefined || areKnown, 'transports', "'websocket', 'polling' or both")
}

/** Fills in the defaults. Throws a TypeError that names the option which is wrong. */
export function readOptions(options: ClientOptions): Settings {
  requireKinds(options)
  const { actor, token, store, ackTimeoutMs, totalTimeoutMs, reconnect = {}, transports } = options
  return {
    actor,
    token,
    store,
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

/** The origin of a server. Throws a TypeError when the URL cannot be one. */
export function readOrigin(url: string): string {
  const expected = 'expected the origin of a server, such as http://localhost:5000'
  if (!URL.canParse(url)) throw new TypeError(`'${url}' is not a URL: ${expected}`)
  const { protocol, pathname, search, hash, origin } = new URL(url)
  if (!['http:', 'https:'].includes(protocol) || pathname !== '/' || search || hash) {
    throw new TypeError(`'${url}' is not an origin: ${expected}`)
  }
  return origin
}
