import type { EventEmitter } from 'node:events'
import type { Socket as TcpSocket } from 'node:net'
import type { Socket } from 'socket.io'
import type { WebSocket } from 'ws'

export type Engine = Socket['conn']

/** Of a WebSocket: RFC 6455, section 7.4.1, and the registry of its codes. */
export const PROTOCOL_ERROR = 1002

export const INVALID_DATA = 1007

export const POLICY_VIOLATION = 1008

export const MESSAGE_TOO_BIG = 1009

export const TRY_AGAIN_LATER = 1013

export type CloseCode =
  | typeof PROTOCOL_ERROR
  | typeof INVALID_DATA
  | typeof POLICY_VIOLATION
  | typeof MESSAGE_TOO_BIG
  | typeof TRY_AGAIN_LATER

/** The WebSocket below a connection; undefined while it polls. */
export function webSocketBelow(engine: Engine): (WebSocket & { _socket?: TcpSocket }) | undefined {
  const transport = engine.transport as unknown as { socket?: WebSocket }
  return transport.socket
}

/** The TCP socket below a WebSocket. `ws` keeps it private; nothing else gives it. */
export function tcpBelow(engine: Engine): TcpSocket | undefined {
  return webSocketBelow(engine)?._socket
}

/**
 * The TCP socket that may be written to at once, past Engine.IO: only when every earlier byte has
 * been handed to it, or order would be lost. Anything else takes Engine.IO's own path.
 */
export function idleTcp(engine: Engine): TcpSocket | undefined {
  // `transport.writable` is false while Engine.IO has packets on their way down.
  if (engine.transport.name !== 'websocket' || !engine.transport.writable) return undefined
  const { upgrading, writeBuffer } = engine as unknown as {
    upgrading: boolean
    writeBuffer: unknown[]
  }
  if (upgrading || writeBuffer.length > 0) return undefined
  const tcp = tcpBelow(engine)
  return tcp?.writable ? tcp : undefined
}

/** Parts of transports that take in messages. They are in no types. */
export type TransportIntake = {
  /** Of a WebSocket's receiver, bytes. */
  socket?: { _receiver?: { _maxPayload?: number } }
  /** Of polling, bytes, and the request whose body is being read. */
  maxHttpBufferSize?: number
  dataReq?: { headers: { 'content-length'?: string } } | null
}

/** Messages of a connection are so large at most from now on. */
export function limitIntake(engine: Engine, bytes: number): void {
  const transport = engine.transport as unknown as TransportIntake
  const receiver = transport.socket?._receiver
  if (receiver?._maxPayload !== undefined) receiver._maxPayload = bytes
  if (transport.maxHttpBufferSize !== undefined) transport.maxHttpBufferSize = bytes
}

/** What `ws` says of a message that it cannot take, with the code that WebSocket has for it. */
const CLOSE_CODES = new Map<string | undefined, CloseCode>([
  ['WS_ERR_INVALID_UTF8', INVALID_DATA],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', MESSAGE_TOO_BIG],
])

/**
 * Has a WebSocket whose peer breaks the protocol ended by `end`, and not at once: `ws` would drop
 * the answers to what came in before. `end` gets the code for it and a function that lets `ws` clean
 * up, for when the connection has been closed.
 */
export function onBrokenFrame(
  engine: Engine,
  end: (code: CloseCode, reason: string, cleanUp: () => void) => void,
): void {
  const { socket } = engine.transport as unknown as { socket?: { _receiver?: EventEmitter } }
  const receiver = socket?._receiver
  if (!receiver) return
  const own = receiver.listeners('error')
  receiver.removeAllListeners('error')
  receiver.on('error', (error: NodeJS.ErrnoException) => {
    const code = CLOSE_CODES.get(error.code) ?? PROTOCOL_ERROR
    end(code, error.message, () => {
      for (const listener of own) Reflect.apply(listener, receiver, [error])
    })
  })
}
