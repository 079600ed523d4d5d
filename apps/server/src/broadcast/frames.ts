import type { Steps } from '@talus/graph'

/** Text frame, FIN set: what a server sends for one Engine.IO packet. */
const TEXT_FRAME = 0x81
/** Engine.IO's packet type `message`. */
const ENGINE_MESSAGE = '4'

/** What is longer is made into bytes once, not for each client. */
const LARGE = 16_384

/** Packets that are framed in one step. */
const FRAMED_PER_STEP = 64

/**
 * Bytes as they go to a TCP socket. A string has one for each character (latin1): to have the socket
 * copy it costs less than a buffer, which has to be allocated and freed.
 */
export type Wire = string | Buffer

function headerOf(payload: number): string {
  const [high, low] = [(payload >>> 8) & 255, payload & 255]
  if (payload < 126) return String.fromCharCode(TEXT_FRAME, payload)
  if (payload < 65_536) return String.fromCharCode(TEXT_FRAME, 126, high, low)
  const higher = [payload >>> 24, (payload >>> 16) & 255]
  return String.fromCharCode(TEXT_FRAME, 127, 0, 0, 0, 0, ...higher, high, low)
}

function framed(packets: readonly string[]): string {
  let text = ''
  for (const packet of packets) text += headerOf(packet.length + 1) + ENGINE_MESSAGE + packet
  return text
}

function utf8(packet: string): string {
  return Buffer.from(packet).toString('latin1')
}

/**
 * Frames Socket.IO packets for the wire, one WebSocket text frame each, in one piece: a client reads
 * them as if they had been sent one by one. Source: RFC 6455, section 5.2.
 */
export function frame(packets: readonly string[]): Wire {
  const isAscii = packets.every((packet) => Buffer.byteLength(packet) === packet.length)
  const text = framed(isAscii ? packets : packets.map(utf8))
  return text.length < LARGE ? text : Buffer.from(text, 'latin1')
}

/** Of a payload: a field that is sent behind the others. */
export const SHARED = Symbol('shared field')

/** A field that is JSON already: of `rest`, in UTF-8, many clients are sent the same bytes. */
export type SharedField = { start: string; rest: Buffer }

/** What is to be written to a client. */
export interface Outgoing {
  /** How many packets. */
  readonly length: number
  readonly list: readonly string[]
  /** Adds them as they go to a TCP socket. */
  addTo: (wires: Wire[]) => void
}

/** How a packet ends whose last value is an object. */
const BEHIND = '}]'

/** A packet with a shared field at the end of its payload, which is its last value. */
export class SharingPacket implements Outgoing {
  readonly length = 1
  readonly #before: string
  readonly #rest: Buffer

  /** `packet`: without the field. */
  constructor(packet: string, { start, rest }: SharedField) {
    this.#before = `${packet.slice(0, -BEHIND.length)},${start}`
    this.#rest = rest
  }

  get list(): string[] {
    return [this.#before + this.#rest.toString() + BEHIND]
  }

  addTo(wires: Wire[]): void {
    const before = utf8(ENGINE_MESSAGE + this.#before)
    const length = before.length + this.#rest.length + BEHIND.length
    wires.push(headerOf(length) + before, this.#rest, BEHIND)
  }
}

/** Packets for many clients, framed once, when the first of them needs the bytes. */
export class Packets implements Outgoing {
  readonly list: readonly string[]
  #wire: Wire | undefined

  constructor(list: readonly string[]) {
    this.list = list
  }

  get length(): number {
    return this.list.length
  }

  addTo(wires: Wire[]): void {
    this.#wire ??= frame(this.list)
    wires.push(this.#wire)
  }

  /** Frames many of them in steps: a turn of the event loop is not enough for megabytes. */
  *prepareInSteps(): Steps<void> {
    const wires: Buffer[] = []
    for (let from = 0; from < this.list.length; from += FRAMED_PER_STEP) {
      wires.push(bytesOf(frame(this.list.slice(from, from + FRAMED_PER_STEP))))
      yield
    }
    this.#wire = Buffer.concat(wires)
  }

  /** Frames them ahead, when there is time. */
  prepare(): void {
    this.#wire ??= frame(this.list)
  }
}

function bytesOf(wire: Wire): Buffer {
  return typeof wire === 'string' ? Buffer.from(wire, 'latin1') : wire
}

/** What goes out in one write, in few pieces: megabytes are not copied for each client. */
export function joined(wires: readonly Wire[]): readonly Wire[] {
  if (wires.length === 1) return wires
  const pieces: Wire[] = []
  let text = ''
  for (const wire of wires) {
    if (typeof wire === 'string' || wire.length < LARGE) {
      text += typeof wire === 'string' ? wire : wire.toString('latin1')
      continue
    }
    if (text !== '') pieces.push(text)
    pieces.push(wire)
    text = ''
  }
  if (text !== '') pieces.push(text)
  return pieces
}
