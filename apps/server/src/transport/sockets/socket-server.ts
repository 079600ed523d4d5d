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
import { Budget, type Rate } from '../../gate/rate.js'
import { addressOf } from './connections.js'
import { acceptOnGraph, admitToGraph } from './graph-namespace.js'
import { connectError, endWhenExpired, receive, visitorOf } from './handshake.js'
import { acceptOnRoot } from './root-namespace.js'
import type { GraphSocket, RootSocket } from './requests.js'
import type { SocketServices } from './services.js'

type RootServer = Server<ClientToServerEvents, ServerToClientEvents>
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

/** CORS does not hold for WebSockets: there, only the server can refuse a page of another origin. */
function admitsOrigin(origin: string | undefined, allowed: string[] | '*'): boolean {
  return origin === undefined || allowed === '*' || allowed.includes(origin)
}

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

/** Milliseconds in which a connection has to enter a namespace. */
const CONNECT_MS = 20_000

type Options = { corsOrigins: string[] | '*'; messageBytes: number }

/** Handshakes of namespaces on one connection: more than any client has a use for. */
const HANDSHAKES: Rate = { perSecond: 10, burst: 100 }

/** Source: the protocol of Socket.IO, revision 5. */
const CONNECT_PACKET = '0'

/** Ends a connection that asks for namespaces without end. */
function endHandshakeFlood(engine: RootSocket['conn'], { outbox, elapsed, log }: SocketServices) {
  const connection = outbox.watch(engine)
  const handshakes = new Budget()
  engine.on('data', (text: unknown) => {
    if (typeof text !== 'string' || !text.startsWith(CONNECT_PACKET)) return
    if (handshakes.take(HANDSHAKES, elapsed()) === 0) return
    log.warn({ address: addressOf(engine.request) }, 'flooding client let go')
    connection.end(POLICY_VIOLATION, 'Too many handshakes')
  })
}

/** Opens both namespaces on the HTTP server. */
export function attachSockets(
  http: HttpServer,
  services: SocketServices,
  { corsOrigins, messageBytes }: Options,
): RootServer {
  const { connections } = services
  const io: RootServer = new Server(http, {
    cors: { origin: corsOrigins },
    allowRequest: (request, decide) =>
      decide(
        null,
        admitsOrigin(request.headers.origin, corsOrigins) && !connections.isCrowded(request),
      ),
    maxHttpBufferSize: messageBytes,
    connectTimeout: CONNECT_MS,
    serveClient: false,
  })
  io.engine.on('initial_headers', (headers: Record<string, string>) => {
    headers['x-talus-protocol-version'] = PROTOCOL_VERSION
    headers['x-talus-contract-hash'] = services.contractHash
  })
  io.engine.on('connection', (engine: RootSocket['conn']) => {
    connections.open(engine)
    endHandshakeFlood(engine, services)
    engine.once('close', (_reason: string, error?: Error) => {
      if (!error?.message.includes(TOO_LARGE)) return
      // WebSocket's own code for it, 1009, has told the client.
      services.log.warn(
        { address: addressOf(engine.request), limit: messageBytes },
        'message too large',
      )
    })
  })
  const graph: GraphNamespace = io.of('/graph')
  const admitted = <S extends RootSocket | GraphSocket>(
    steps: readonly ((socket: S) => Refused | Promise<Refused>)[],
  ) => {
    return (socket: S, next: (err?: ExtendedError) => void): void => {
      firstRefusal(steps, socket).then(next, (err: unknown) => {
        services.log.error({ client_id: socket.id, err }, 'handshake failed')
        next(connectError({ code: 'INTERNAL_ERROR', message: 'Internal server error' }))
      })
    }
  }
  const greet = (socket: RootSocket | GraphSocket) => refusedBy(connections.greet(socket))
  const enter = (socket: RootSocket | GraphSocket) => {
    const { actor } = visitorOf(socket).identity
    return services.access.authenticated
      ? refusedBy(connections.enter(socket, actor.id))
      : undefined
  }
  const known = (socket: RootSocket | GraphSocket) => receive(socket, services.reception)
  io.use(admitted<RootSocket>([greet, refuseVersion, known, enter]))
  const toSession = (socket: GraphSocket) => admitToGraph(socket, services)
  // Last, as who has entered is no longer refused.
  graph.use(admitted<GraphSocket>([greet, refuseVersion, known, toSession, enter]))
  io.on('connection', (socket) => {
    endWhenExpired(socket, services)
    acceptOnRoot(socket, services)
  })
  graph.on('connection', (socket) => {
    endWhenExpired(socket, services)
    acceptOnGraph(socket, services)
  })
  return io
}
