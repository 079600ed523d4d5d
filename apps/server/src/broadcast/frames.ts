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
  const lengths = packets.map((packet) => Buffer.byteLength(packet) + 1)
  const total = lengths.reduce((sum, length) => sum + headerLength(length) + length, 0)
  const buffer = Buffer.allocUnsafe(total)
  let at = 0
  for (const [i, packet] of packets.entries()) {
    at = writeHeader(buffer, at, lengths[i] ?? 0)
    buffer[at] = ENGINE_MESSAGE
    at += 1
    at += buffer.write(packet, at)
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
