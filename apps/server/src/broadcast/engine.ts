import type { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
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

/** A packet of Engine.IO. */
type EnginePacket = { type: string }

/** Parts of a polling transport that take in a body. They are in no types. */
type PollingIntake = {
  onData: (body: string) => void
  onPacket: (packet: EnginePacket) => void
  onClose: () => void
  parser: { decodePacket: (text: string) => EnginePacket }
  dataRes?: ServerResponse | null
}

/** Between the packets of one body of a polling client. */
const SEPARATOR = '\u001e'

/** Of polling, packets that are handed over at once. */
const PACKETS_AT_ONCE = 64

/** As Engine.IO reads them: nothing comes behind one that cannot be read. */
function* packetsOf(body: string, { parser }: PollingIntake): Generator<EnginePacket, void> {
  for (let from = 0; from <= body.length;) {
    const end = body.indexOf(SEPARATOR, from)
    const to = end < 0 ? body.length : end
    const packet = parser.decodePacket(body.slice(from, to))
    yield packet
    if (packet.type === 'error') return
    from = to + 1
  }
}

/**
 * Has the packets of a body that a polling client sends handed over a few at a time: a body of 1 MB
 * may have half a million, and a hundred thousand events, which Engine.IO hands over in one piece,
 * held the loop for 11 s. `inTurns` gets the rest of them and does `handOver` with some in each turn;
 * the body is answered when none is left, so that the client sends no other meanwhile.
 */
export function handOverInTurns(
  engine: Engine,
  inTurns: (handOver: () => boolean, bytes: number) => Promise<void>,
): void {
  if (engine.transport.name !== 'polling') return
  const polling = engine.transport as unknown as PollingIntake
  polling.onData = (body) => {
    const packets = packetsOf(body, polling)
    /** False: there are no more. */
    const handOver = () => {
      for (let n = 0; n < PACKETS_AT_ONCE; n += 1) {
        const { done, value } = packets.next()
        if (done || engine.readyState === 'closed') return false
        if (value.type === 'close') {
          polling.onClose()
          return false
        }
        polling.onPacket(value)
      }
      return true
    }
    if (!handOver()) return
    const answer = answerLater(polling.dataRes)
    void inTurns(handOver, body.length).then(answer, answer)
  }
}

/** Keeps an answer, which is about to be given, until the function that is given is called. */
function answerLater(response: ServerResponse | null | undefined): () => void {
  if (!response) return () => undefined
  const end = response.end.bind(response) as (text?: string) => ServerResponse
  let text: string | undefined
  response.end = ((given?: string) => {
    text = given
    return response
  }) as typeof response.end
  return () => void end(text)
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
