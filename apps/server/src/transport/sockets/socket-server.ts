import type { Server as HttpServer } from 'node:http'
import {
  isSupportedVersion,
  PROTOCOL_VERSION,
  type Failure,
  type ClientToServerEvents,
  type GraphClientToServerEvents,
  type GraphServerToClientEvents,
  type ServerToClientEvents,
} from '@talus/protocol'
import { Server, type ExtendedError, type Namespace } from 'socket.io'
import { POLICY_VIOLATION } from '../../broadcast/connection.js'
import { networkOf } from '../../limits/address.js'
import { Budget, type Rate } from '../../gate/rate.js'
import { corsOptions } from '../perimeter/cors.js'
import { engineGuards, type Guard } from '../perimeter/guards.js'
import { unexpected } from '../unexpected.js'
import { acceptOnGraph, admitToGraph } from './graph-namespace.js'
import {
  allowanceKey,
  connectError,
  endWhenExpired,
  openAllowance,
  receive,
  visitorOf,
} from './handshake.js'
import { acceptOnRoot } from './root-namespace.js'
import { PollingBinding } from './polling-binding.js'
import type { GraphSocket, RootSocket } from './requests.js'
import { addressOfConnection } from './connections.js'
import { originDenied, connectionDenied } from './denials.js'
import type { SharedServices } from './services.js'

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

/** What `ws` says of a message that is larger than it takes. */
const TOO_LARGE = 'Max payload size exceeded'

type Options = { guard: Guard; messageBytes: number }

/** Handshakes of namespaces on one connection: more than any client has a use for. */
const HANDSHAKES: Rate = { perSecond: 10, burst: 100 }

/** Source: the protocol of Socket.IO, revision 5. */
const CONNECT_PACKET = '0'

/** Ends a connection that asks for namespaces without end. */
function endHandshakeFlood(engine: RootSocket['conn'], { outbox, elapsed, letGo }: SharedServices) {
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
  services: SharedServices,
  { guard, messageBytes }: Options,
): RootServer {
  const { connections } = services
  const io: RootServer = new Server(http, {
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
    engine.once('close', (_reason: string, error?: Error) => {
      if (!error?.message.includes(TOO_LARGE)) return
      // WebSocket's own code for it, 1009, has told the client.
      services.letGo('message-size', {
        address: addressOfConnection(engine),
        limit: messageBytes,
      })
    })
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
  const onRoot = { ...services, dispatcher: services.dispatcherAt('/') }
  const onGraph = { ...services, dispatcher: services.dispatcherAt('/graph') }
  const enter = (socket: RootSocket | GraphSocket) =>
    services.access.authenticated
      ? refusedBy(connections.enter(socket, allowanceKey(socket, services.access)))
      : undefined
  const known = async (socket: RootSocket | GraphSocket) => {
    const refused = await receive(socket, services)
    const identity = refused ? undefined : visitorOf(socket).identity
    return refusedBy(connections.greet(socket, identity)) ?? refused
  }
  io.use(admitted<RootSocket>([refuseVersion, known, enter]))
  const toSession = (socket: GraphSocket) => admitToGraph(socket, onGraph)
  // Last, as who has entered is no longer refused.
  graph.use(admitted<GraphSocket>([refuseVersion, known, toSession, enter]))
  io.on('connection', (socket) => {
    openAllowance(socket, services)
    endWhenExpired(socket, services)
    acceptOnRoot(socket, onRoot)
  })
  graph.on('connection', (socket) => {
    openAllowance(socket, services)
    endWhenExpired(socket, services)
    acceptOnGraph(socket, onGraph)
  })
  return io
}
