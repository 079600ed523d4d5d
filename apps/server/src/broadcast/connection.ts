import type { Socket as TcpSocket } from 'node:net'
import type { Socket } from 'socket.io'
import type { WebSocket } from 'ws'
import type { After } from '../presence/beat.js'
import type { FanOutCounts } from './fan-out-counts.js'
import { joined, type Packets } from './frames.js'
import type { HeldBytes, Holder } from './held-bytes.js'

type Engine = Socket['conn']

/** Of a WebSocket: RFC 6455, section 7.4.1, and the registry of its codes. */
export const POLICY_VIOLATION = 1008
const MESSAGE_TOO_BIG = 1009
const TRY_AGAIN_LATER = 1013

type CloseCode = typeof POLICY_VIOLATION | typeof MESSAGE_TOO_BIG | typeof TRY_AGAIN_LATER

/** A client that holds too much memory has so many milliseconds to learn why. */
const SHORT_GOODBYE_MS = 250

/**
 * Bytes of a message before the client has said who it is: a token has 8 KiB at most, and the other
 * fields of a handshake hundreds.
 */
const HANDSHAKE_BYTES = 100_000

/** Bytes that come in before they are charged: small messages need not be charged one by one. */
const CHARGED_AT_ONCE = 16_384

/** A client that is let go may read on for so many milliseconds to learn why. */
const GOODBYE_MS = 2_000

/** What an object of Engine.IO takes beside the text that it carries, roughly. */
const PACKET_BYTES = 100

/** The WebSocket below a connection; undefined while it polls. */
function webSocketBelow(engine: Engine): (WebSocket & { _socket?: TcpSocket }) | undefined {
  const transport = engine.transport as unknown as { socket?: WebSocket }
  return transport.socket
}

/** The TCP socket below a WebSocket. `ws` keeps it private; nothing else gives it. */
function tcpBelow(engine: Engine): TcpSocket | undefined {
  return webSocketBelow(engine)?._socket
}

/**
 * The TCP socket that may be written to at once, past Engine.IO: only when every earlier byte has
 * been handed to it, or order would be lost. Anything else takes Engine.IO's own path.
 */
function idleTcp(engine: Engine): TcpSocket | undefined {
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

/** Source: the protocol of Socket.IO, revision 5. */
const EVENT_PACKET = '2'

/** How many attachments follow an event; of packets without, 0. */
function attachmentsOf(packet: string): number {
  return Number(/^5(\d+)-/.exec(packet)?.[1] ?? 0)
}

/** Parts of transports that take in messages. They are in no types. */
type Intake = {
  /** Of a WebSocket's receiver, bytes. */
  socket?: { _receiver?: { _maxPayload?: number } }
  /** Of polling, bytes, and the request whose body is being read. */
  maxHttpBufferSize?: number
  dataReq?: { headers: { 'content-length'?: string } } | null
}

/** Messages of a connection are so large at most from now on. */
function limitIntake(engine: Engine, bytes: number): void {
  const transport = engine.transport as unknown as Intake
  const receiver = transport.socket?._receiver
  if (receiver?._maxPayload !== undefined) receiver._maxPayload = bytes
  if (transport.maxHttpBufferSize !== undefined) transport.maxHttpBufferSize = bytes
}

/** Whom a connection counts for, and what becomes of what it sends. */
type Owner = {
  /** A user, or an address of which no user is known. */
  key: string
  /** Charges bytes that came in. Milliseconds for which nothing more is to be read. */
  charge: (bytes: number) => number
}

/** What a connection needs from its surroundings. */
type Hooks = {
  schedule: (connection: Connection) => void
  after: After
  counts: FanOutCounts
  /** Bytes that may wait for a client before it counts as too slow and is let go. */
  maxBytes: number
  /** Bytes of a message. */
  messageBytes: number
  /** What all connections hold. */
  held: HeldBytes
  /** The client is let go, for what all connections of its user, or of everybody, hold. */
  onHolding: (of: 'user' | 'all', bytes: number) => void
  /** The client is let go, with so many bytes waiting. */
  onSlow: (bytes: number) => void
}

/**
 * Everything that goes to one client, collected during a turn of the event loop and written in
 * one piece: the number of writes is what costs, not their size.
 */
export class Connection implements Holder {
  readonly #engine: Engine
  readonly #hooks: Hooks
  /** Of its last socket, for the log. */
  client_id = ''
  #queue: Packets[] = []
  /** Bytes handed to Engine.IO that it has not passed on yet. */
  #waiting = 0
  /** Characters of events that Socket.IO has taken in and not handed over yet, in order. */
  readonly #sizes: number[] = []
  /** Of an event whose attachments are on their way: its characters so far. */
  #attaching = 0
  #attachments = 0
  /** What the TCP socket had read when the last message was complete. */
  #readBefore = 0
  #isAdmitted = false
  #owner: Owner | undefined
  #uncharged = 0
  #pausedUntil = 0

  constructor(engine: Engine, hooks: Hooks) {
    this.#engine = engine
    this.#hooks = hooks
    // Also what Socket.IO says by itself: who asks for it without end must not fill the memory.
    engine.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
      const bytes = PACKET_BYTES + (data?.length ?? 0)
      this.#waiting += bytes
      hooks.held.grew(bytes)
      this.#evictWhenSlow(tcpBelow(this.#engine)?.writableLength ?? 0)
    })
    limitIntake(engine, HANDSHAKE_BYTES)
    engine.on('upgrade', () => limitIntake(engine, this.#intakeLimit))
    // Before Socket.IO handles it. A packet without content has no data at all.
    engine.prependListener('data', (data: string | Buffer = '') => this.#take(data))
    hooks.held.watch(this)
    engine.once('close', () => {
      hooks.held.forget(this)
      // Who does not say goodbye would be read from, and what waits for it kept, for half a minute.
      const webSocket = webSocketBelow(engine)
      if (webSocket) hooks.after(GOODBYE_MS, () => webSocket.terminate())
    })
    engine.on('drain', () => {
      this.#waiting = 0
    })
  }

  /** Bytes that wait for this client. */
  get bufferedBytes(): number {
    return this.#waiting + (tcpBelow(this.#engine)?.writableLength ?? 0)
  }

  /** The user that it counts for, or before that is known an address. */
  get owner(): string {
    return this.#owner?.key ?? ''
  }

  get heldBytes(): number {
    return this.bufferedBytes + this.#incomplete
  }

  /** From now on it counts for an address. */
  open(address: Owner): void {
    this.#owner = address
  }

  /** From now on it counts for whom the handshake has shown, and may send whole messages. */
  admit(owner: Owner): void {
    this.#owner = owner
    this.#isAdmitted = true
    limitIntake(this.#engine, this.#hooks.messageBytes)
  }

  /** Bytes of messages that have begun and not ended. */
  get #incomplete(): number {
    const { dataReq } = this.#engine.transport as unknown as Intake
    if (dataReq) return Number(dataReq.headers['content-length'] ?? this.#intakeLimit)
    const read = (tcpBelow(this.#engine)?.bytesRead ?? 0) - this.#readBefore
    return this.#attaching + Math.min(Math.max(read, 0), this.#intakeLimit)
  }

  get #intakeLimit(): number {
    return this.#isAdmitted ? this.#hooks.messageBytes : HANDSHAKE_BYTES
  }

  #take(data: string | Buffer): void {
    this.#readBefore = tcpBelow(this.#engine)?.bytesRead ?? 0
    if (typeof data === 'string' && data.startsWith(EVENT_PACKET)) this.#sizes.push(data.length)
    else this.#takeBinary(data)
    this.#uncharged += data.length
    if (this.#uncharged >= CHARGED_AT_ONCE) this.#charge()
  }

  /** The characters of the event that Socket.IO hands over now: it does so a little later, in order. */
  nextSize(): number {
    return this.#sizes.shift() ?? 0
  }

  #takeBinary(data: string | Buffer): void {
    if (typeof data === 'string') {
      this.#attachments = attachmentsOf(data)
      this.#attaching = 0
      if (this.#attachments === 0) return
    } else this.#attachments -= 1
    this.#attaching += data.length
    if (this.#attaching > this.#hooks.messageBytes) {
      return this.end(MESSAGE_TOO_BIG, 'A message with its attachments is too large')
    }
    if (this.#attachments > 0) return
    this.#sizes.push(this.#attaching)
    this.#attaching = 0
  }

  #charge(): void {
    const wait = this.#owner?.charge(this.#uncharged) ?? 0
    this.#uncharged = 0
    if (wait > 0) this.#pause(wait)
  }

  /** Reads nothing for a while: what is sent meanwhile waits with the sender. */
  #pause(ms: number): void {
    const until = performance.now() + ms
    const isPaused = this.#pausedUntil > performance.now()
    this.#pausedUntil = Math.max(this.#pausedUntil, until)
    if (isPaused) return
    webSocketBelow(this.#engine)?.pause()
    this.#hooks.after(ms, () => this.#resume())
  }

  #resume(): void {
    const left = this.pausedMs
    if (left > 0) return this.#hooks.after(left, () => this.#resume())
    webSocketBelow(this.#engine)?.resume()
  }

  /** Milliseconds for which nothing more is read: of polling, requests wait. */
  get pausedMs(): number {
    return Math.max(0, this.#pausedUntil - performance.now())
  }

  evict(of: 'user' | 'all', bytes: number): void {
    if (this.#engine.readyState !== 'open') return
    this.#hooks.onHolding(of, bytes)
    const webSocket = webSocketBelow(this.#engine)
    this.end(TRY_AGAIN_LATER, `Too much memory was held: ${bytes} bytes for this connection`)
    // It does not read: what waits for it is not kept for as long as that of others.
    if (webSocket) this.#hooks.after(SHORT_GOODBYE_MS, () => webSocket.terminate())
  }

  send(packets: Packets): void {
    if (this.#queue.length === 0) this.#hooks.schedule(this)
    this.#queue.push(packets)
  }

  /** Writes what was collected. Called once per turn. */
  flush(): void {
    const queue = this.#queue
    this.#queue = []
    if (this.#engine.readyState !== 'open') return
    const tcp = idleTcp(this.#engine)
    if (tcp) this.#writeAtOnce(tcp, queue)
    else this.#writeThroughEngine(queue)
  }

  #writeAtOnce(tcp: TcpSocket, queue: Packets[]): void {
    const wire = joined(queue.map((packets) => packets.wire))
    const { counts } = this.#hooks
    tcp.write(wire, 'latin1')
    counts.direct += 1
    counts.bytes += wire.length
    for (const packets of queue) counts.packets += packets.list.length
    const waiting = tcp.writableLength
    if (waiting === 0) return
    this.#hooks.held.grew(wire.length)
    this.#evictWhenSlow(waiting)
  }

  #writeThroughEngine(queue: Packets[]): void {
    const { counts } = this.#hooks
    counts.queued += 1
    for (const packets of queue) {
      counts.packets += packets.list.length
      for (const packet of packets.list) {
        counts.bytes += packet.length
        this.#engine.write(packet, { compress: false })
      }
    }
  }

  /** Ends the connection, whether or not the client reads what waits for it. */
  end(code: CloseCode, reason: string): void {
    webSocketBelow(this.#engine)?.close(code, reason)
    this.#engine.close(true)
  }

  /** `below`: bytes that the TCP socket has not passed on. */
  #evictWhenSlow(below: number): void {
    const bytes = this.#waiting + below
    if (bytes <= this.#hooks.maxBytes || this.#engine.readyState !== 'open') return
    this.#hooks.onSlow(bytes)
    this.end(TRY_AGAIN_LATER, `Too slow: ${bytes} bytes were waiting`)
  }
}
