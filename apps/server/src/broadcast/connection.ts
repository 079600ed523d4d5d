import type { Socket as TcpSocket } from 'node:net'
import type { Failure } from '@talus/protocol'
import type { After } from '../clock.js'
import { flawed, flawIn, overfull } from '../payload.js'
import { loopTurns } from '../turns.js'
import {
  type CloseCode,
  type Engine,
  handOverInTurns,
  idleTcp,
  limitIntake,
  MESSAGE_TOO_BIG,
  tcpBelow,
  type TransportIntake,
  TRY_AGAIN_LATER,
  webSocketBelow,
} from './engine.js'
import { joined, type Outgoing, type Wire } from './frames.js'
import type { HeldBytes, Holder } from './held-bytes.js'

/** Milliseconds for which answers are waited for before a connection that sent nonsense ends. */
const LAST_ANSWERS_MS = 5_000

/** A client that holds too much memory has so many milliseconds to learn why. */
const SHORT_GOODBYE_MS = 250

/**
 * Bytes of a message before the client has said who it is: a token has 8 KiB at most, and the other
 * fields of a handshake hundreds.
 */
const HANDSHAKE_BYTES = 100_000

/** Bytes that come in before they are charged: small messages need not be charged one by one. */
const CHARGED_AT_ONCE = 16_384

/** What a packet counts beside its bytes: a million of one byte each take two seconds. */
const PACKET_SHARE = 256

/** After so many packets others have their turn before more is read. */
const PACKETS_IN_A_ROW = 1_024

/** When to look again whether what has come in is handled, in milliseconds. */
const HELD_MS = 10

/** A client that is let go may read on for so many milliseconds to learn why. */
const GOODBYE_MS = 2_000

/** What an object of Engine.IO takes beside the text that it carries, roughly. */
const PACKET_BYTES = 100

/** Source: the protocol of Socket.IO, revision 5. */
const EVENT_PACKET = '2'

/** What stands before the JSON of a packet: type, attachments, namespace, id. */
const PACKET_HEAD = /^\d(?:\d*-)?(?:\/[^,]*,)?\d*/

/**
 * What is wrong with the text of an event; its path points into the payload, the second item. What says
 * too much is not to be parsed at all: `instead` is what is left of it.
 */
function flawOf(packet: string): { failure: Failure; instead?: string } | undefined {
  const head = PACKET_HEAD.exec(packet)?.[0] ?? ''
  const tooMuch = overfull(packet, head.length)
  if (tooMuch) {
    const { failure, command_id } = tooMuch
    const [event = '""'] =
      /^\[\s*("[^"\\]{1,80}")/.exec(packet.slice(head.length, head.length + 100))?.slice(1) ?? []
    return { failure, instead: `${head}[${event},${JSON.stringify({ command_id })}]` }
  }
  const flaw = flawIn(packet, head.length)
  return flaw && { failure: flawed({ ...flaw, path: flaw.path.replace(/^\/\d+/, '') }) }
}

/** An event that has come in: its characters, and why it cannot be taken as it was written. */
export type Incoming = { bytes: number; failure: Failure | undefined }

const UNKNOWN: Incoming = { bytes: 0, failure: undefined }

/** How many attachments follow an event; of packets without, 0. */
function attachmentsOf(packet: string): number {
  return Number(/^5(\d+)-/.exec(packet)?.[1] ?? 0)
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

/** Writes pieces as one, and tells how many bytes they are. */
function writeTogether(tcp: TcpSocket, pieces: readonly Wire[]): number {
  const isCut = pieces.length > 1
  let bytes = 0
  if (isCut) tcp.cork()
  for (const piece of pieces) {
    tcp.write(piece, 'latin1')
    bytes += piece.length
  }
  if (isCut) tcp.uncork()
  return bytes
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
  #queue: Outgoing[] = []
  /** Bytes handed to Engine.IO that it has not passed on yet. */
  #waiting = 0
  /** Events that Socket.IO has taken in and not handed over yet, in order. */
  readonly #incoming: Incoming[] = []
  /** Events that were handed over and not answered yet. */
  #unanswered = 0
  /** Ends the connection once nothing is unanswered. From then on nothing is taken in. */
  #endWhenAnswered: (() => void) | undefined
  /** Of an event whose attachments are on their way: its characters so far, and what is wrong. */
  #attaching = 0
  #attachingFailure: Failure | undefined
  #attachments = 0
  /** Of a packet that says too much, what is left of it. */
  #instead: { packet: string; text: string } | undefined
  /** Whether the last message completed an event. */
  #hasTaken = false
  /** What the TCP socket had read when the last message was complete. */
  #readBefore = 0
  #isAdmitted = false
  #owner: Owner | undefined
  #uncharged = 0
  #packets = 0
  #pausedUntil = 0
  /** Namespaces that have messages of it waiting. */
  #holds = 0
  /** Of polling, bytes of a body whose packets are not all handed over. */
  #handingOver = 0

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
    handOverInTurns(engine, (handOver, bytes) => this.#handOver(handOver, bytes))
    engine.on('upgrade', () => limitIntake(engine, this.#intakeLimit))
    // Also those that Engine.IO keeps to itself, such as the answer to its ping.
    engine.on('packet', ({ data }: { data?: string | Buffer }) => this.#count(data?.length ?? 0))
    // Before Socket.IO handles it. A packet without content has no data at all.
    engine.prependListener('data', (data: string | Buffer = '') => this.#take(data))
    hooks.held.watch(this)
    engine.once('close', () => {
      hooks.held.forget(this)
      // A peer that never sends a close frame would hold its buffers for half a minute.
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
    const { dataReq } = this.#engine.transport as unknown as TransportIntake
    if (dataReq) return Number(dataReq.headers['content-length'] ?? this.#intakeLimit)
    const read = (tcpBelow(this.#engine)?.bytesRead ?? 0) - this.#readBefore
    return this.#handingOver + this.#attaching + Math.min(Math.max(read, 0), this.#intakeLimit)
  }

  get #intakeLimit(): number {
    return this.#isAdmitted ? this.#hooks.messageBytes : HANDSHAKE_BYTES
  }

  #take(data: string | Buffer): void {
    if (this.isEnding) return
    const before = this.#incoming.length
    this.#readBefore = tcpBelow(this.#engine)?.bytesRead ?? 0
    if (typeof data === 'string' && data.startsWith(EVENT_PACKET)) {
      this.#incoming.push({ bytes: data.length, failure: this.#flawOf(data) })
    } else this.#takeBinary(data)
    this.#hasTaken = this.#incoming.length > before
  }

  #flawOf(packet: string): Failure | undefined {
    const flaw = flawOf(packet)
    this.#instead = flaw?.instead === undefined ? undefined : { packet, text: flaw.instead }
    return flaw?.failure
  }

  /** What Socket.IO is to read of the packet that came in last. */
  readable(packet: unknown): unknown {
    const instead = this.#instead
    this.#instead = undefined
    return instead && packet === instead.packet ? instead.text : packet
  }

  /** The event that Socket.IO hands over now: it does so a little later, in order. */
  next(): Incoming {
    const incoming = this.#incoming.shift() ?? UNKNOWN
    if (this.#endWhenAnswered) queueMicrotask(() => this.#endIfAnswered())
    return incoming
  }

  /** The event that was handed over last is not answered at once; `answered` is called then. */
  begin(): void {
    this.#unanswered += 1
  }

  answered(): void {
    this.#unanswered -= 1
    if (this.#endWhenAnswered) queueMicrotask(() => this.#endIfAnswered())
  }

  /** Whether nothing is taken in any more, as something before it could not be read. */
  get isEnding(): boolean {
    return this.#endWhenAnswered !== undefined
  }

  /**
   * Ends the connection as soon as what came in before is answered, 5 s later at most. `tell` says
   * why to those who cannot see the code of a WebSocket.
   */
  endAfterAnswers(code: CloseCode, reason: string, tell: () => void): void {
    if (this.isEnding || this.#engine.readyState !== 'open') return
    // What cannot be read is never handed over.
    if (this.#hasTaken) this.#incoming.pop()
    this.#hasTaken = false
    this.#endWhenAnswered = () => {
      this.#endWhenAnswered = () => undefined
      tell()
      this.flush()
      // Of polling, what is written waits for the next request; of WebSocket, it is on its way.
      webSocketBelow(this.#engine)?.close(code, reason)
      this.#engine.close()
    }
    this.#hooks.after(LAST_ANSWERS_MS, () => this.#endWhenAnswered?.())
    this.#endIfAnswered()
  }

  #endIfAnswered(): void {
    if (this.#unanswered === 0 && this.#incoming.length === 0) this.#endWhenAnswered?.()
  }

  #takeBinary(data: string | Buffer): void {
    if (typeof data === 'string') {
      this.#attachments = attachmentsOf(data)
      this.#attaching = 0
      this.#attachingFailure = this.#flawOf(data)
      if (this.#attachments === 0) return
    } else this.#attachments -= 1
    this.#attaching += data.length
    if (this.#attaching > this.#hooks.messageBytes) {
      return this.end(MESSAGE_TOO_BIG, 'A message with its attachments is too large')
    }
    if (this.#attachments > 0) return
    this.#incoming.push({ bytes: this.#attaching, failure: this.#attachingFailure })
    this.#attaching = 0
  }

  #count(chars: number): void {
    this.#uncharged += PACKET_SHARE + chars
    if (this.#uncharged >= CHARGED_AT_ONCE) this.#charge()
    this.#packets += 1
    if (this.#packets < PACKETS_IN_A_ROW) return
    this.#packets = 0
    this.hold()
    setImmediate(() => this.readOn())
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
    if (this.#holds === 0) webSocketBelow(this.#engine)?.resume()
  }

  /** Hands over the packets of a body in turns, each time once those before are handled. */
  async #handOver(some: () => boolean, bytes: number): Promise<void> {
    this.#handingOver = bytes
    this.#hooks.held.grew(bytes)
    try {
      do {
        await loopTurns.next()
        for (let wait = this.#waitMs; wait > 0; wait = this.#waitMs) {
          if (this.#engine.readyState !== 'open') return
          await new Promise<void>((resolve) => this.#hooks.after(wait, resolve))
        }
      } while (some())
    } finally {
      this.#handingOver = 0
    }
  }

  /** Reads nothing more until `readOn`: what has come in is not handled yet. */
  hold(): void {
    this.#holds += 1
    webSocketBelow(this.#engine)?.pause()
  }

  readOn(): void {
    this.#holds -= 1
    if (this.#holds === 0 && this.pausedMs === 0) webSocketBelow(this.#engine)?.resume()
  }

  /** Milliseconds for which nothing more is read: of polling, requests wait. */
  get pausedMs(): number {
    return Math.max(this.#handingOver > 0 ? HELD_MS : 0, this.#waitMs)
  }

  /** Milliseconds for which nothing more is handed over. */
  get #waitMs(): number {
    const least = this.#holds > 0 ? HELD_MS : 0
    return Math.max(least, this.#pausedUntil - performance.now())
  }

  evict(of: 'user' | 'all', bytes: number): void {
    if (this.#engine.readyState !== 'open') return
    this.#hooks.onHolding(of, bytes)
    const webSocket = webSocketBelow(this.#engine)
    this.end(TRY_AGAIN_LATER, `Too much memory was held: ${bytes} bytes for this connection`)
    // It does not read: what waits for it is not kept for as long as that of others.
    if (webSocket) this.#hooks.after(SHORT_GOODBYE_MS, () => webSocket.terminate())
  }

  send(packets: Outgoing): void {
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

  #writeAtOnce(tcp: TcpSocket, queue: Outgoing[]): void {
    const wires: Wire[] = []
    for (const packets of queue) packets.addTo(wires)
    const pieces = joined(wires)
    const { counts } = this.#hooks
    const bytes = writeTogether(tcp, pieces)
    counts.direct += 1
    counts.bytes += bytes
    for (const packets of queue) counts.packets += packets.length
    const waiting = tcp.writableLength
    if (waiting === 0) return
    this.#hooks.held.grew(bytes)
    this.#evictWhenSlow(waiting)
  }

  #writeThroughEngine(queue: Outgoing[]): void {
    const { counts } = this.#hooks
    counts.queued += 1
    for (const packets of queue) {
      counts.packets += packets.length
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

/**
 * What has been written to all clients: how often at once to the TCP socket and how often through
 * Engine.IO, and how much. Plain numbers, because it is added to for every client and turn.
 */
export class FanOutCounts {
  direct = 0
  queued = 0
  packets = 0
  bytes = 0
}
