import type { IncomingMessage } from 'node:http'
import { fail, type Failure } from '@talus/protocol'
import type { Socket } from 'socket.io'
import type { RateLimit } from '../../gate/rate-limits.js'
import type { After } from '../../presence/beat.js'
import type { AddressOf } from '../perimeter/address.js'

type Engine = Socket['conn']

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
}

/** How many of each key there are now. */
class Tally {
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
 */
export class Connections {
  readonly #limits: ConnectionLimits
  readonly #addresses = new Tally()
  readonly #users = new Tally()
  readonly #refused = new WeakMap<Engine, Failure>()

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  /** Whether an address has so many connections that the next gets no answer but HTTP 403. */
  isCrowded(request: IncomingMessage): boolean {
    const open = this.#addresses.of(this.#limits.addressOf(request))
    return open >= this.#limits.perAddress + MOST_GOODBYES
  }

  /** Counts a connection, from its first byte on. */
  open(engine: Engine): void {
    const address = this.#limits.addressOf(engine.request)
    const { perAddress } = this.#limits
    if (this.#addresses.of(address) >= perAddress) {
      this.#refused.set(engine, tooMany('connections of one address', perAddress))
    }
    engine.once('close', this.#addresses.add(address))
  }

  /** Counts a handshake. A refusal: LIMIT_EXCEEDED, RATE_LIMITED; then the connection ends soon. */
  greet({ conn, request }: Pick<Socket, 'conn' | 'request'>): Failure | undefined {
    const refused =
      this.#refused.get(conn) ?? this.#limits.handshakes.take(this.#limits.addressOf(request))
    if (refused) this.#limits.after(GOODBYE_MS, () => conn.close())
    return refused
  }

  /** Counts a socket of a user, until it goes. A refusal: LIMIT_EXCEEDED. */
  enter(socket: Pick<Socket, 'conn' | 'once'>, actor_id: string): Failure | undefined {
    const { perUser } = this.#limits
    if (perUser === Infinity) return undefined
    if (this.#users.of(actor_id) >= perUser) return tooMany('sockets of one user', perUser)
    const leave = this.#users.add(actor_id)
    socket.once('disconnect', leave)
    // Gone before it was let in, it never disconnects.
    socket.conn.once('close', leave)
    return undefined
  }
}
