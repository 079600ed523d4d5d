import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { FrameReader } from './frame-reader.js'
import { textFrame } from './frame-writer.js'

/** Receives every event packet `42[…]`, unparsed; the bytes are valid during the call only. */
export type EventSink = (bytes: Buffer, start: number, end: number, receivedAt: number) => void

/** What a client says of itself when it connects, or presents to prove it. */
type Auth = { actor: string } | { token: string }

type Answered = (answer: unknown, receivedAt: number) => void

// One buffer for all sockets: it is read to the end before the next socket is. A buffer for each
// read would make the garbage collector a part of what is measured.
const READ_BUFFER = Buffer.allocUnsafeSlow(128 * 1024)

const TEXT = 1
const CLOSE = 8
const DIGIT_0 = 0x30
const DIGIT_2 = 0x32
const DIGIT_3 = 0x33
const DIGIT_4 = 0x34
const BRACKET = 0x5b

function upgradeRequest(url: URL): string {
  return [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '\r\n',
  ].join('\r\n')
}

/**
 * A Socket.IO client on `/` without its costs: events are handed on as bytes, so that a hundred of
 * them on one core can follow a server that fills the other.
 */
export class RawClient {
  readonly #socket: Socket
  readonly #reader = new FrameReader((bytes, start, end, opcode) => {
    this.#message(bytes, start, end, opcode)
  })
  readonly #answers = new Map<number, Answered>()
  readonly #connected: Promise<void>
  readonly #connectPacket: string
  #resolveConnected: () => void = () => {}
  #rejectConnected: (error: Error) => void = () => {}
  #handshake: Buffer | undefined = Buffer.alloc(0)
  #nextId = 0
  #receivedAt = 0
  #closing = false
  #reason = ' without a close frame'
  #events: EventSink = () => {}

  private constructor(url: URL, auth: Auth | undefined) {
    this.#connectPacket = auth ? `40${JSON.stringify(auth)}` : '40'
    this.#connected = new Promise((resolve, reject) => {
      this.#resolveConnected = resolve
      this.#rejectConnected = reject
    })
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (size) => {
          this.#read(size)
          return true
        },
      },
    })
    this.#socket.on('error', (error) => this.#failed(error))
    this.#socket.on('close', () => this.#failed(new Error(`Connection closed${this.#reason}`)))
    this.#socket.write(upgradeRequest(url))
  }

  /** Resolves when the namespace `/` is connected. */
  static async connect(url: string, auth?: Auth): Promise<RawClient> {
    const client = new RawClient(new URL(url), auth)
    await client.#connected
    return client
  }

  /** Where event packets go from now on. */
  listen(events: EventSink): void {
    this.#events = events
  }

  /** Emits an event with an acknowledgement id; `answered` gets its first argument, parsed. */
  emit(args: [event: string, payload?: object], answered: Answered): void {
    const id = this.#nextId++
    this.#answers.set(id, answered)
    this.#socket.write(textFrame(`42${id}${JSON.stringify(args)}`))
  }

  /** Like `emit`, for what is not measured. */
  request(event: string, payload: object): Promise<unknown> {
    return new Promise((resolve) => {
      this.emit([event, payload], resolve)
    })
  }

  /** Reads nothing any more; that the server then hangs up is no failure. */
  stall(): void {
    this.#closing = true
    this.#socket.pause()
  }

  close(): void {
    this.#closing = true
    this.#socket.destroy()
  }

  #failed(error: Error): void {
    if (this.#closing) return
    this.#rejectConnected(error)
    // A lost client makes every figure wrong, so nothing catches this.
    if (!this.#handshake) throw error
  }

  #read(size: number): void {
    this.#receivedAt = performance.now()
    if (!this.#handshake) {
      this.#reader.push(READ_BUFFER, 0, size)
      return
    }
    this.#handshake = Buffer.concat([this.#handshake, READ_BUFFER.subarray(0, size)])
    const end = this.#handshake.indexOf('\r\n\r\n')
    if (end < 0) return
    const answer = this.#handshake
    this.#handshake = undefined
    if (!answer.subarray(0, end).toString().startsWith('HTTP/1.1 101 ')) {
      throw new Error(`No upgrade: ${answer.toString()}`)
    }
    this.#reader.push(answer, end + 4, answer.length)
  }

  #message(bytes: Buffer, start: number, end: number, opcode: number): void {
    if (opcode !== TEXT) {
      if (opcode === CLOSE) {
        this.#reason = ` by the server: ${bytes.toString('latin1', start, end)}`
        return
      }
      throw new Error(`Unexpected frame with opcode ${opcode}`)
    }
    const engineType = bytes[start]
    if (engineType === DIGIT_4) this.#packet(bytes, start, end)
    else if (engineType === DIGIT_2) this.#socket.write(textFrame('3'))
    else if (engineType === DIGIT_0) this.#socket.write(textFrame(this.#connectPacket))
    else throw new Error(`Unexpected engine packet ${bytes.toString('utf8', start, end)}`)
  }

  #packet(bytes: Buffer, start: number, end: number): void {
    const packetType = bytes[start + 1]
    if (packetType === DIGIT_2) this.#events(bytes, start, end, this.#receivedAt)
    else if (packetType === DIGIT_3) this.#acknowledged(bytes, start, end)
    else if (packetType === DIGIT_0) this.#resolveConnected()
    else throw new Error(`Unexpected packet ${bytes.toString('utf8', start, end)}`)
  }

  #acknowledged(bytes: Buffer, start: number, end: number): void {
    let id = 0
    let at = start + 2
    for (; bytes[at] !== BRACKET; at++) id = 10 * id + (bytes[at] ?? 0) - DIGIT_0
    const answered = this.#answers.get(id)
    if (!answered) throw new Error(`Acknowledged twice or never sent: ${id}`)
    this.#answers.delete(id)
    const [answer] = JSON.parse(bytes.toString('utf8', at, end)) as unknown[]
    answered(answer, this.#receivedAt)
  }
}
