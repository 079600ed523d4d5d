/** Text frame, FIN set: what a server sends for one Engine.IO packet. */
const TEXT_FRAME = 0x81
/** Engine.IO's packet type `message`. */
const ENGINE_MESSAGE = 0x34

function headerLength(payload: number): number {
  if (payload < 126) return 2
  return payload < 65_536 ? 4 : 10
}

function writeHeader(target: Buffer, at: number, payload: number): number {
  target[at] = TEXT_FRAME
  if (payload < 126) {
    target[at + 1] = payload
    return at + 2
  }
  if (payload < 65_536) {
    target[at + 1] = 126
    return target.writeUInt16BE(payload, at + 2)
  }
  target[at + 1] = 127
  return target.writeBigUInt64BE(BigInt(payload), at + 2)
}

/**
 * Frames Socket.IO packets for the wire, one WebSocket text frame each, in one buffer: a client
 * reads them as if they had been sent one by one. Source: RFC 6455, section 5.2.
 */
export function frame(packets: readonly string[]): Buffer {
  let total = 0
  const lengths: number[] = []
  for (const packet of packets) {
    const length = Buffer.byteLength(packet) + 1
    lengths.push(length)
    total += headerLength(length) + length
  }
  const buffer = Buffer.allocUnsafe(total)
  let at = 0
  for (const [i, packet] of packets.entries()) {
    const length = lengths[i] ?? 0
    at = writeHeader(buffer, at, length)
    buffer[at] = ENGINE_MESSAGE
    at += 1
    // Text of one byte for each character, as nearly all is, is copied and not encoded.
    at += buffer.write(packet, at, packet.length === length - 1 ? 'latin1' : 'utf8')
  }
  return buffer
}

/** Packets for many clients, framed once, when the first of them needs the bytes. */
export class Packets {
  readonly list: readonly string[]
  #wire: Buffer | undefined

  constructor(list: readonly string[]) {
    this.list = list
  }

  get wire(): Buffer {
    this.#wire ??= frame(this.list)
    return this.#wire
  }
}
