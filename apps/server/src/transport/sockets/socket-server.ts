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
import { unexpected } from '../unexpected.js'
import { acceptOnGraph, admitToGraph } from './graph-namespace.js'
import { connectError, endWhenExpired, receive } from './handshake.js'
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
  services: SocketServices,
  corsOrigins: string[] | '*',
): RootServer {
  const io: RootServer = new Server(http, {
    cors: { origin: corsOrigins },
    allowRequest: ({ headers }, decide) => decide(null, admitsOrigin(headers.origin, corsOrigins)),
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    serveClient: false,
  })
  io.engine.on('initial_headers', (headers: Record<string, string>) => {
    headers['x-talus-protocol-version'] = PROTOCOL_VERSION
    headers['x-talus-contract-hash'] = services.contractHash
  })
  const graph: GraphNamespace = io.of('/graph')
  const admitted = <S extends RootSocket | GraphSocket>(
    steps: readonly ((socket: S) => Refused | Promise<Refused>)[],
  ) => {
    return (socket: S, next: (err?: ExtendedError) => void): void => {
      firstRefusal(steps, socket).then(next, (err: unknown) => {
        next(connectError(unexpected(services.faults, err, { client_id: socket.id })))
      })
    }
  }
  const known = (socket: RootSocket | GraphSocket) => receive(socket, services.reception)
  io.use(admitted<RootSocket>([refuseVersion, known]))
  graph.use(
    admitted<GraphSocket>([refuseVersion, known, (socket) => admitToGraph(socket, services)]),
  )
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
