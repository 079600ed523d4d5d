import type { Server as HttpServer } from 'node:http'
import {
  type ClientToServerEvents,
  type Failure,
  type GraphClientToServerEvents,
  type GraphServerToClientEvents,
  isSupportedVersion,
  PROTOCOL_VERSION,
  type ServerToClientEvents,
} from '@talus/protocol'
import type { FastifyInstance } from 'fastify'
import { type ExtendedError, type Namespace, Server } from 'socket.io'
import { POLICY_VIOLATION } from '../broadcast/engine.js'
import { unexpected } from '../errors.js'
import { engineGuards, type Guard } from '../http/guards.js'
import { corsOptions } from '../http/perimeter.js'
import { networkOf } from '../limits/accounts.js'
import { Budget, type Rate } from '../limits/rate.js'
import { addressOfConnection, PollingBinding } from './connections.js'
import { acceptOnGraph, admitToGraph } from './graph-namespace.js'
import {
  allowanceKey,
  connectError,
  connectionDenied,
  endWhenExpired,
  identify,
  openAllowance,
  originDenied,
  visitorOf,
} from './handshake.js'
import type { GraphSocket, RootSocket, SocketServices } from './requests.js'
import { acceptOnRoot } from './root-namespace.js'
import { Unreadable } from './unreadable.js'

/** The server of both namespaces, typed for `/`. */
export type RootServer = Server<ClientToServerEvents, ServerToClientEvents>
type GraphNamespace = Namespace<GraphClientToServerEvents, GraphServerToClientEvents>

type Handshake = { handshake: { auth: { [key: string]: unknown } } }

/** Refuses a client whose protocol this server does not speak (rule VER1). */
function refuseVersion({ handshake }: Handshake): ExtendedError | undefined {
  const { protocol_version } = handshake.auth
  if (protocol_version === undefined) return undefined
  if (typeof protocol_version === 'string' && isSupportedVersion(protocol_version)) return undefined
  return connectError({
    code: 'BAD_REQUEST',
    message: `This server speaks protocol ${PROTOCOL_VERSION}. Install a client of that version.`,
    details: [{ path: '/protocol_version', expected: PROTOCOL_VERSION }],
  })
}

/** Milliseconds that a connection has to prove who it is in one namespace. */
const CONNECT_TIMEOUT_MS = 15_000

type Refused = ExtendedError | undefined

function refusedBy(failure: Failure | undefined): Refused {
  return failure && connectError(failure)
}

async function firstRefusal<S>(
  steps: readonly ((socket: S) => Refused | Promise<Refused>)[],
  socket: S,
): Promise<Refused> {
  for (const step of steps) {
    const refused = await step(socket)
    if (refused) return refused
  }
  return undefined
}

type SocketOptions = { guard: Guard; messageBytes: number }

/** Handshakes of namespaces on one connection: more than any client has a use for. */
const HANDSHAKES: Rate = { perSecond: 10, burst: 100 }

/** Source: the protocol of Socket.IO, revision 5. */
const CONNECT_PACKET = '0'

/** Ends a connection that asks for namespaces without end. */
function endHandshakeFlood(engine: RootSocket['conn'], { outbox, elapsed, letGo }: SocketServices) {
  const connection = outbox.watch(engine)
  connection.open({ key: `address ${networkOf(addressOfConnection(engine))}`, charge: () => 0 })
  const handshakes = new Budget()
  engine.on('data', (text: unknown) => {
    if (typeof text !== 'string' || !text.startsWith(CONNECT_PACKET)) return
    if (handshakes.take(HANDSHAKES, elapsed()) === 0) return
    letGo('flood', { address: addressOfConnection(engine) })
    connection.end(POLICY_VIOLATION, 'Too many handshakes')
  })
}

/** Opens both namespaces on the HTTP server. */
export function attachSockets(
  http: HttpServer,
  services: SocketServices,
  { guard, messageBytes }: SocketOptions,
): RootServer {
  const { connections } = services
  const unreadable = new Unreadable(services, messageBytes)
  const io: RootServer = new Server(http, {
    parser: unreadable.parser,
    cors: corsOptions(guard.perimeter),
    allowRequest: (request, decide) => decide(null, !connections.isCrowded(request)),
    maxHttpBufferSize: messageBytes,
    connectTimeout: CONNECT_TIMEOUT_MS,
    serveClient: false,
    allowEIO3: false,
    // Nothing here is ever proven by a cookie (rule DOOR3).
    cookie: false,
  })
  const onRefused = (address: string) => originDenied(services.audit, address)
  for (const middleware of engineGuards(guard, (request) =>
    onRefused(services.addressOf(request)),
  )) {
    io.engine.use(middleware)
  }
  const binding = new PollingBinding(services)
  io.engine.use(binding.guard)
  io.engine.on('initial_headers', (headers: Record<string, string>) => {
    headers['x-talus-protocol-version'] = PROTOCOL_VERSION
    headers['x-talus-contract-hash'] = services.contractHash
  })
  io.engine.on('connection', (engine: RootSocket['conn']) => {
    connections.open(engine)
    binding.bind(engine)
    endHandshakeFlood(engine, services)
    unreadable.watch(engine)
  })
  const graph: GraphNamespace = io.of('/graph')
  const admitted = <S extends RootSocket | GraphSocket>(
    steps: readonly ((socket: S) => Refused | Promise<Refused>)[],
  ) => {
    return (socket: S, next: (err?: ExtendedError) => void): void => {
      const decide = (refused: Refused) => {
        if (refused) connectionDenied(services.audit, socket, refused)
        next(refused)
      }
      firstRefusal(steps, socket).then(decide, (err: unknown) => {
        next(connectError(unexpected(services.faults, err, { client_id: socket.id })))
      })
    }
  }
  const enter = (socket: RootSocket | GraphSocket) =>
    services.access.authenticated
      ? refusedBy(connections.enter(socket, allowanceKey(socket, services.access)))
      : undefined
  const known = async (socket: RootSocket | GraphSocket) => {
    const refused = await identify(socket, services)
    const identity = refused ? undefined : visitorOf(socket).identity
    return refusedBy(connections.greet(socket, identity)) ?? refused
  }
  io.use(admitted<RootSocket>([refuseVersion, known, enter]))
  const toSession = (socket: GraphSocket) => admitToGraph(socket, services)
  // Last, as who has entered is no longer refused.
  graph.use(admitted<GraphSocket>([refuseVersion, known, toSession, enter]))
  io.on('connection', (socket) => {
    unreadable.entered(socket)
    openAllowance(socket, services)
    endWhenExpired(socket, services)
    acceptOnRoot(socket, services)
  })
  graph.on('connection', (socket) => {
    unreadable.entered(socket)
    openAllowance(socket, services)
    endWhenExpired(socket, services)
    acceptOnGraph(socket, services)
  })
  return io
}

const PATH = '/socket.io/'

/**
 * Hands requests of Socket.IO to the server that it is attached to, from whatever other listener they
 * come: for `localhost` Fastify listens on the addresses of both families, with an HTTP server for
 * each. Upgrades are handed over by Fastify itself. On the server itself Socket.IO takes its requests
 * before they come here.
 */
export function serveOtherListeners(app: FastifyInstance): void {
  app.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: `${PATH}*`,
    exposeHeadRoute: false,
    // Before a body is read, as that is for Socket.IO.
    onRequest: (request, reply, done) => {
      // The router takes other spellings of the path, too; the server would hand them back here.
      if (!request.raw.url?.startsWith(PATH)) return done()
      reply.hijack()
      app.server.emit('request', request.raw, reply.raw)
    },
    handler: (_request, reply) => reply.callNotFound(),
  })
}

/**
 * The HTTP servers of the other addresses, once the application listens. Fastify has no public name
 * for them: where its own is another one some day, there are none here, which a test notices.
 */
export function otherServers(app: FastifyInstance): HttpServer[] {
  const bindings = Object.getOwnPropertySymbols(app).find(
    ({ description }) => description === 'fastify.serverBindings',
  )
  const servers: unknown = bindings && (app as unknown as Record<symbol, unknown>)[bindings]
  return Array.isArray(servers) ? (servers as HttpServer[]) : []
}
