/** Receives one whole message: its bytes are `bytes[start..end)`, valid during the call only. */
export type FrameSink = (bytes: Buffer, start: number, end: number, opcode: number) => void

function byteAt(bytes: Buffer, index: number): number {
  return bytes[index] ?? 0
}

function headerSize(lengthCode: number): number {
  return lengthCode < 126 ? 2 : lengthCode === 126 ? 4 : 10
}

/**
 * Bytes that the frame at `at` takes, header included. While the header itself is incomplete, the
 * bytes that are needed to know more; always more than `limit - at` then.
 */
function frameSize(bytes: Buffer, at: number, limit: number): number {
  const available = limit - at
  if (available < 2) return 2
  const lengthCode = byteAt(bytes, at + 1) & 0x7f
  if (lengthCode < 126) return 2 + lengthCode
  const header = headerSize(lengthCode)
  if (available < header) return header
  if (lengthCode === 126) return header + bytes.readUInt16BE(at + 2)
  return header + Number(bytes.readBigUInt64BE(at + 2))
}

/**
 * Finds the frames that a WebSocket server sends in a stream of bytes, however the network cut it.
 * Knows only what a Socket.IO server uses: whole, unmasked frames without extensions; throws on
 * others.
 */
export class FrameReader {
  readonly #sink: FrameSink
  #carry: Buffer = Buffer.allocUnsafe(1024)
  #carried = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Takes the next `bytes[from..limit)`; keeps a copy of an unfinished frame, of nothing else. */
  push(bytes: Buffer, from: number, limit: number): void {
    let at = this.#carried > 0 ? this.#finishCarried(bytes, from, limit) : from
    while (at < limit) {
      const size = frameSize(bytes, at, limit)
      if (size > limit - at) break
      this.#emit(bytes, at, size)
      at += size
    }
    if (at < limit) this.#keep(bytes, at, limit)
  }

  /** Bytes of a frame that has begun and not ended. */
  get pending(): number {
    return this.#carried
  }

  #finishCarried(bytes: Buffer, from: number, limit: number): number {
    let at = from
    while (at < limit) {
      // The size may grow once the header is complete, hence the loop.
      const wanted = frameSize(this.#carry, 0, this.#carried) - this.#carried
      const taken = Math.min(wanted, limit - at)
      this.#keep(bytes, at, at + taken)
      at += taken
      const size = frameSize(this.#carry, 0, this.#carried)
      if (size === this.#carried) {
        this.#carried = 0
        this.#emit(this.#carry, 0, size)
        break
      }
    }
    return at
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const size = this.#carried + to - from
    if (size > this.#carry.length) {
      const larger = Buffer.allocUnsafe(2 * size)
      this.#carry.copy(larger, 0, 0, this.#carried)
      this.#carry = larger
    }
    bytes.copy(this.#carry, this.#carried, from, to)
    this.#carried = size
  }

  #emit(bytes: Buffer, at: number, size: number): void {
    const first = byteAt(bytes, at)
    const second = byteAt(bytes, at + 1)
    if ((first & 0xf0) !== 0x80 || second > 0x7f) {
      throw new Error(
        `Not a whole, plain server frame: ${first.toString(16)} ${second.toString(16)}`,
      )
    }
    this.#sink(bytes, at + headerSize(second), at + size, first & 0x0f)
  }
}
