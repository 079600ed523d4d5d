import type { Server as HttpServer } from 'node:http'
import {
  isSupportedVersion,
  PROTOCOL_VERSION,
  type ClientToServerEvents,
  type GraphClientToServerEvents,
  type GraphServerToClientEvents,
  type ServerToClientEvents,
} from '@talus/protocol'
import { Server, type ExtendedError, type Namespace } from 'socket.io'
import { MAX_MESSAGE_BYTES } from '../../broadcast/packets.js'
import { corsOptions } from '../perimeter/cors.js'
import { engineGuards, type Guard } from '../perimeter/guards.js'
import { unexpected } from '../unexpected.js'
import { acceptOnGraph, admitToGraph } from './graph-namespace.js'
import { connectError, endWhenExpired, receive } from './handshake.js'
import { acceptOnRoot } from './root-namespace.js'
import type { GraphSocket, RootSocket } from './requests.js'
import { originDenied, connectionDenied } from './denials.js'
import type { SharedServices } from './services.js'

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

/** Milliseconds that a connection has to prove who it is in one namespace. */
const CONNECT_TIMEOUT_MS = 15_000

type Refused = ExtendedError | undefined

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

/** Opens both namespaces on the HTTP server. */
export function attachSockets(
  http: HttpServer,
  services: SharedServices,
  guard: Guard,
): RootServer {
  const io: RootServer = new Server(http, {
    cors: corsOptions(guard.perimeter),
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
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
  io.engine.on('initial_headers', (headers: Record<string, string>) => {
    headers['x-talus-protocol-version'] = PROTOCOL_VERSION
    headers['x-talus-contract-hash'] = services.contractHash
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
  const known = (socket: RootSocket | GraphSocket) => receive(socket, services)
  io.use(admitted<RootSocket>([refuseVersion, known]))
  graph.use(
    admitted<GraphSocket>([refuseVersion, known, (socket) => admitToGraph(socket, onGraph)]),
  )
  io.on('connection', (socket) => {
    endWhenExpired(socket, services)
    acceptOnRoot(socket, onRoot)
  })
  graph.on('connection', (socket) => {
    endWhenExpired(socket, services)
    acceptOnGraph(socket, onGraph)
  })
  return io
}
