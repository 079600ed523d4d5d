import type { Engine } from '../broadcast/engine.js'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ANONYMOUS, fail, type Failure } from '@talus/protocol'
import { bearerOf } from '../auth/identity.js'
import { refuseEngineRequest } from '../http/guards.js'
import { networkOf } from '../limits/accounts.js'
import { addressOfConnection } from './connections.js'
import type { SocketServices } from './services.js'

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
  'authenticator' | 'addressOf' | 'outbox' | 'after' | 'access'
>

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
    const bound = this.#open.get(sidOf(request) ?? '')
    // A handshake, or a connection that has ended: Engine.IO says so.
    if (!bound) return next()
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
