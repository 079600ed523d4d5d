import { type IncomingMessage, ServerResponse } from 'node:http'
import { ANONYMOUS, fail, type Failure } from '@talus/protocol'
import type { Namespace, Socket } from 'socket.io'
import { bearerOf, type Identity } from '../auth/identity.js'
import type { Engine } from '../broadcast/engine.js'
import type { After } from '../clock.js'
import { refuseEngineRequest } from '../http/guards.js'
import type { AddressOf } from '../http/perimeter.js'
import { networkOf } from '../limits/accounts.js'
import { beyond, Counts, type RateLimit } from '../limits/rate.js'
import type { SocketServices } from './requests.js'

/** Time for the reason to arrive before a refused connection is cut. */
const GOODBYE_MS = 1_000

/** Refused connections of an address that may wait for their reason at the same time. */
const MOST_GOODBYES = 16

type ConnectionLimits = {
  perAddress: number
  perUser: number
  handshakes: RateLimit
  addressOf: AddressOf
  after: After
  /** Whether callers prove who they are; else nobody can be told from anybody at their address. */
  authenticated: boolean
}

/** Where connections come from: of one that has ended, its TCP socket knows it no longer. */
const addresses = new WeakMap<Engine, string>()

/** The address that a connection came from when it was opened. */
export function addressOfConnection(engine: Engine): string {
  return addresses.get(engine) ?? ''
}

/** Counts one; call what is returned, once or more often, when it is gone. */
function counted(counts: Counts, key: string): () => void {
  counts.add(key, 1)
  let gone = false
  return () => {
    if (!gone) counts.add(key, -1)
    gone = true
  }
}

function tooMany(what: string, most: number): Failure {
  const hint = 'close one of them first'
  return beyond('LIMIT_EXCEEDED', `${most.toLocaleString('en')} ${what}`, { hint })
}

/**
 * The connections that are open, by address and by user (rule LIM8). One too many is let in for as
 * long as it takes to tell it why; many too many are not let in at all.
 *
 * Where callers prove who they are, a connection too many takes the place of the oldest that has
 * proven nothing: whoever holds connections without a token keeps nobody out who has one and comes
 * from the same address, as all do behind a proxy without a name.
 */
export class Connections {
  readonly #limits: ConnectionLimits
  readonly #networks = new Counts()
  readonly #users = new Counts()
  readonly #refused = new WeakMap<Engine, Failure>()
  /** Those of each network that have proven nothing, the oldest first. */
  readonly #unknown = new Map<string, Set<Engine>>()

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  /** Whether an address has so many connections that the next gets no answer but HTTP 403. */
  isCrowded(request: IncomingMessage): boolean {
    const network = networkOf(this.#limits.addressOf(request))
    const isFull = this.#networks.of(network) >= this.#limits.perAddress + MOST_GOODBYES
    return isFull && this.#unknownOf(network) === 0
  }

  /** Counts a connection, from its first byte on. */
  open(engine: Engine): void {
    const address = this.#limits.addressOf(engine.request)
    addresses.set(engine, address)
    const network = networkOf(address)
    const { perAddress, authenticated } = this.#limits
    const open = this.#networks.of(network)
    const isRefused = open - this.#unknownOf(network) >= perAddress
    if (isRefused) this.#refused.set(engine, tooMany('connections of one address', perAddress))
    if (open >= perAddress + (isRefused ? MOST_GOODBYES : 0)) this.#endOldestUnknown(network)
    const uncount = counted(this.#networks, network)
    if (authenticated) this.#remember(network, engine)
    engine.once('close', () => {
      uncount()
      this.#forget(network, engine)
    })
  }

  /**
   * Counts a handshake, of the user who has proven to be one, else of the address. A refusal:
   * LIMIT_EXCEEDED, RATE_LIMITED; then the connection ends soon.
   */
  greet({ conn }: Pick<Socket, 'conn'>, user: Identity | undefined): Failure | undefined {
    const network = networkOf(addressOfConnection(conn))
    const { authenticated, handshakes, after } = this.#limits
    // A guest counts by address: anybody can be any number of guests.
    const isUser = authenticated && user !== undefined && user.guest !== true
    const key = isUser ? `user ${user.actor.id}` : network
    const refused = this.#refused.get(conn) ?? handshakes.take(key)
    if (refused) after(GOODBYE_MS, () => conn.close())
    else if (user) this.#forget(network, conn)
    return refused
  }

  /** Counts a socket of a user, until it goes. A refusal: LIMIT_EXCEEDED. */
  enter(socket: Pick<Socket, 'conn' | 'once'>, key: string): Failure | undefined {
    const { perUser } = this.#limits
    if (perUser === Infinity) return undefined
    if (this.#users.of(key) >= perUser) return tooMany('sockets of one user', perUser)
    const leave = counted(this.#users, key)
    socket.once('disconnect', leave)
    // Gone before it was let in, it never disconnects.
    socket.conn.once('close', leave)
    return undefined
  }

  #unknownOf(network: string): number {
    return this.#unknown.get(network)?.size ?? 0
  }

  #endOldestUnknown(network: string): void {
    const [oldest] = this.#unknown.get(network) ?? []
    oldest?.close(true)
  }

  #remember(network: string, engine: Engine): void {
    const unknown = this.#unknown.get(network) ?? new Set()
    this.#unknown.set(network, unknown.add(engine))
  }

  #forget(network: string, engine: Engine): void {
    const unknown = this.#unknown.get(network)
    unknown?.delete(engine)
    if (unknown?.size === 0) this.#unknown.delete(network)
  }
}

type Sockets = Pick<Namespace, 'name' | 'sockets'>

type ConnectionReading = { labels: { namespace: string; transport: string }; value: number }

/** How many sockets are connected, by namespace and transport. */
export function countConnections(namespaces: readonly Sockets[]): ConnectionReading[] {
  return namespaces.flatMap(({ name, sockets }) => {
    const counts = new Map([
      ['websocket', 0],
      ['polling', 0],
    ])
    for (const { conn } of sockets.values()) {
      const { name: transport } = conn.transport
      counts.set(transport, (counts.get(transport) ?? 0) + 1)
    }
    return [...counts].map(([transport, value]) => ({
      labels: { namespace: name, transport },
      value,
    }))
  })
}

/** The connections below the sockets: one may carry sockets of both namespaces. */
export function connectionsOf(namespaces: readonly Sockets[]): Set<Socket['conn']> {
  return new Set(namespaces.flatMap(({ sockets }) => [...sockets.values()].map(({ conn }) => conn)))
}

/** What the handshake of a connection came with. */
type Bound = {
  engine: Engine
  network: string
  token: string | undefined
  /** Whoever has proven to be somebody over the connection. */
  actors: Set<string>
}

const bounds = new WeakMap<Engine, Bound>()

/** Somebody has proven who they are over this connection: their token may go on with it. */
export function bindActor(engine: Engine, actor_id: string): void {
  bounds.get(engine)?.actors.add(actor_id)
}

const OTHER_CALLER = fail('FORBIDDEN', 'This connection was opened by somebody else', [
  {
    path: '/sid',
    expected:
      'the token of the handshake in Authorization: Bearer, or the address of the handshake',
    hint: 'connect again',
  },
]).error

type BindingServices = Pick<
  SocketServices,
  'authenticator' | 'addressOf' | 'outbox' | 'after' | 'access' | 'onStray'
>

/** What Engine.IO answers, which clients know by its code, with what to do about it. */
const STRAY = JSON.stringify({
  code: 1,
  message:
    'Session ID unknown: this connection has ended, or it is on another server. Behind a balancer, ' +
    "long polling needs sticky sessions, by cookie or address; transports: ['websocket'] needs none",
})

/** The id of the connection that a request goes on with, as Engine.IO has read it. */
function sidOf(request: IncomingMessage): string | undefined {
  const { _query: query } = request as { _query?: { sid?: string } }
  return query?.sid
}

/**
 * Binds polling connections to who has opened them. The `sid` in the URL names a connection, and URLs
 * are in the logs of proxies: it must not be what opens it. A request goes on with a connection when
 * it has the token of its handshake or another one of the same user; without a token, when it comes
 * from the address of the handshake. The upgrade to WebSocket, for which browsers set no headers,
 * may always go by address.
 */
export class PollingBinding {
  readonly #services: BindingServices
  readonly #open = new Map<string, Bound>()

  constructor(services: BindingServices) {
    this.#services = services
  }

  /** Remembers where a connection comes from, until it ends. */
  bind(engine: Engine): void {
    // It is private in the types, and the first thing that a client is told.
    const { id } = engine as unknown as { id: string }
    const token = bearerOf(engine.request.headers.authorization)
    const network = networkOf(addressOfConnection(engine))
    const bound = { engine, network, token, actors: new Set<string>() }
    bounds.set(engine, bound)
    this.#open.set(id, bound)
    engine.once('close', () => this.#open.delete(id))
  }

  /** Middleware of Engine.IO: refuses requests of others, and has those wait that are too much. */
  readonly guard = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (err?: unknown) => void,
  ): void => {
    const sid = sidOf(request)
    const bound = this.#open.get(sid ?? '')
    if (!bound) {
      // A handshake, or an upgrade, which has no response: what it lacks, Engine.IO says.
      if (sid === undefined || !(response instanceof ServerResponse)) return next()
      this.#services.onStray()
      return void response.writeHead(400, { 'content-type': 'application/json' }).end(STRAY)
    }
    this.#refusal(bound, request).then((refused) => {
      if (refused) return refuseEngineRequest(request, response, refused)
      const { outbox, after } = this.#services
      const connection = outbox.watch(bound.engine)
      const whenRead = () => {
        const wait = request.method === 'POST' ? connection.pausedMs : 0
        if (wait > 0 && bound.engine.readyState === 'open') after(wait, whenRead)
        else next()
      }
      whenRead()
    }, next)
  }

  async #refusal(bound: Bound, request: IncomingMessage): Promise<Failure | undefined> {
    const { access, addressOf, authenticator } = this.#services
    const token = access.authenticated ? bearerOf(request.headers.authorization) : undefined
    const isUpgrade = request.headers.upgrade !== undefined
    if (token !== undefined && token === bound.token) return undefined
    const address = addressOf(request)
    if (token !== undefined && bound.actors.size > 0) {
      const { headers } = request
      const received = await authenticator.identify({
        token,
        share_token: undefined,
        guest_token: undefined,
        claimed: ANONYMOUS,
        isRequest: true,
        address,
        headers,
      })
      if (!received.ok) return received.error
      return bound.actors.has(received.value.identity.actor.id) ? undefined : OTHER_CALLER
    }
    const needsToken = access.authenticated && bound.token !== undefined && !isUpgrade
    return needsToken || networkOf(address) !== bound.network ? OTHER_CALLER : undefined
  }
}
