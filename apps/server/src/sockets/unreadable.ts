import { type ErrorBody, ERRORS } from '@talus/protocol'
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser'
import type { Connection } from '../broadcast/connection.js'
import {
  type Engine,
  type CloseCode,
  INVALID_DATA,
  MESSAGE_TOO_BIG,
  onBrokenFrame,
  PROTOCOL_ERROR,
} from '../broadcast/engine.js'
import { addressOfConnection } from './connections.js'
import type { GraphSocket, RootSocket, SocketServices } from './requests.js'

type AnySocket = RootSocket | GraphSocket

/** Bytes that the reason of a closing frame may have (RFC 6455, section 5.5). */
const MOST_REASON = 123

/** A connection with what it needs to be ended in order. */
type Reader = { engine: Engine; connection: Connection; sockets: Map<string, AnySocket> }

type Parser = { Encoder: typeof Encoder; Decoder: typeof Decoder }

type UnreadableServices = Pick<SocketServices, 'outbox' | 'letGo'>

/**
 * Ends connections that send what cannot be read, with a reason (rule PACKET1). Socket.IO closes them
 * too, but without a word to anybody, and drops the answers to what came in before.
 */
export class Unreadable {
  readonly #services: UnreadableServices
  readonly #messageBytes: number
  readonly #readers = new WeakMap<Engine, Reader>()
  /** Whose packet Socket.IO decodes now: it does so within the event that brings it. */
  #reading: Reader | undefined

  constructor(services: UnreadableServices, messageBytes: number) {
    this.#services = services
    this.#messageBytes = messageBytes
  }

  /** Watches a connection from its beginning. */
  watch(engine: Engine): void {
    const connection = this.#services.outbox.watch(engine)
    const reader = { engine, connection, sockets: new Map<string, AnySocket>() }
    this.#readers.set(engine, reader)
    engine.prependListener('data', () => {
      this.#reading = reader
    })
    engine.on('packet', (packet: { type: string }) => {
      // Of Engine.IO: `error` stands for a packet that it cannot read, only servers send a ping.
      if (packet.type !== 'error' && packet.type !== 'ping') return
      // Engine.IO looks at it next, and would close the connection at once.
      packet.type = 'noop'
      this.#end(reader, PROTOCOL_ERROR, 'a packet is none of Engine.IO')
    })
    this.#watchFrames(reader)
    engine.on('upgrade', () => this.#watchFrames(reader))
  }

  /** A socket has entered its namespace. */
  entered(socket: AnySocket): void {
    const sockets = this.#readers.get(socket.conn)?.sockets
    sockets?.set(socket.nsp.name, socket)
    // The union of the two socket types has no common call signature; the event is the same.
    ;(socket as RootSocket).once('disconnect', () => sockets?.delete(socket.nsp.name))
  }

  /** The parser of Socket.IO, which tells of packets that it cannot read. */
  get parser(): Parser {
    const reader = () => this.#reading
    const end = (code: CloseCode, what: string) => {
      const reading = reader()
      if (reading) this.#end(reading, code, what)
    }
    class ToldDecoder extends Decoder {
      override add(packet: unknown): void {
        const connection = reader()?.connection
        if (connection?.isEnding) return
        try {
          super.add(connection ? connection.readable(packet) : packet)
        } catch (err) {
          // The decoder takes it for granted that there is something to read.
          const what = packet === undefined ? 'it is empty' : messageOf(err)
          end(INVALID_DATA, what)
        }
      }

      // The one listener is that of Socket.IO, which closes the connection where it cannot go on.
      override on(event: 'decoded', take: (packet: Packet) => void): this {
        return super.on(event, (packet) => {
          const wrong = outOfPlace(packet, reader()?.sockets)
          if (wrong) end(PROTOCOL_ERROR, wrong)
          else take(packet)
        })
      }
    }
    return { Encoder, Decoder: ToldDecoder }
  }

  #watchFrames(reader: Reader): void {
    onBrokenFrame(reader.engine, (code, what, cleanUp) => {
      this.#end(reader, code, what)
      reader.engine.once('close', cleanUp)
    })
  }

  #end({ engine, connection, sockets }: Reader, code: CloseCode, what: string): void {
    if (connection.isEnding) return
    const facts = { address: addressOfConnection(engine), client_id: connection.client_id, what }
    const isLarge = code === MESSAGE_TOO_BIG
    if (isLarge) this.#services.letGo('message-size', { ...facts, limit: this.#messageBytes })
    else this.#services.letGo('unreadable', facts)
    const message = `The connection ends, as a packet cannot be read: ${what}`
    connection.endAfterAnswers(code, message.slice(0, MOST_REASON), () => {
      const error = bodyOf(isLarge ? 'PAYLOAD_TOO_LARGE' : 'BAD_REQUEST', message)
      for (const socket of sockets.values()) (socket as RootSocket).emit('error', error)
    })
  }
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

function bodyOf(code: 'PAYLOAD_TOO_LARGE' | 'BAD_REQUEST', message: string): ErrorBody {
  return { code, message, retryable: ERRORS[code].retryable }
}

/** Why Socket.IO could do nothing with a packet that is well-formed; undefined: it can. */
function outOfPlace(
  { type, nsp }: Packet,
  sockets: ReadonlyMap<string, AnySocket> | undefined,
): string | undefined {
  if (type === PacketType.CONNECT_ERROR) return 'only servers refuse connections'
  const isIn = sockets?.has(nsp) ?? false
  if (type === PacketType.CONNECT) return isIn ? 'the namespace was entered before' : undefined
  return isIn ? undefined : 'it is for a namespace that was not entered'
}
