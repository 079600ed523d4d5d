import type { Engine } from '../broadcast/engine.js'
import type { IncomingMessage } from 'node:http'
import { fail, type Failure } from '@talus/protocol'
import type { Namespace, Socket } from 'socket.io'
import type { Identity } from '../auth/identity.js'
import type { After } from '../clock.js'
import type { AddressOf } from '../http/perimeter.js'
import { networkOf } from '../limits/accounts.js'
import type { RateLimit } from '../limits/rate.js'

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

/** How many of each key there are now. */
class OpenCounts {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  /** Counts one; call what is returned, once or more often, when it is gone. */
  add(key: string): () => void {
    this.#counts.set(key, this.of(key) + 1)
    let gone = false
    return () => {
      if (gone) return
      gone = true
      const left = this.of(key) - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }
}

function tooMany(what: string, most: number): Failure {
  const expected = `at most ${most.toLocaleString('en')} ${what}`
  const details = [{ path: '', expected, hint: 'close one of them first' }]
  return fail('LIMIT_EXCEEDED', `Expected ${expected}`, details).error
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
  readonly #networks = new OpenCounts()
  readonly #users = new OpenCounts()
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
    const uncount = this.#networks.add(network)
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
    const leave = this.#users.add(key)
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
