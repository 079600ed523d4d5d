import { randomBytes } from 'node:crypto'

const MASKS = randomBytes(4096)
let nextMask = 0

/**
 * A text message as a client must frame it. The mask is real: with a zero mask the server would be
 * spared the unmasking that every other client costs it.
 */
export function textFrame(text: string): Buffer {
  const size = Buffer.byteLength(text)
  if (size > 0xffff) throw new RangeError('Messages of the load generator are below 64 KiB')
  const header = size < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(header + 4 + size)
  frame[0] = 0x81
  if (size < 126) {
    frame[1] = 0x80 | size
  } else {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(size, 2)
  }
  MASKS.copy(frame, header, nextMask, nextMask + 4)
  nextMask = (nextMask + 4) % MASKS.length
  const start = header + 4
  frame.write(text, start)
  for (let i = 0; i < size; i++) {
    frame[start + i] = (frame[start + i] ?? 0) ^ (frame[header + (i & 3)] ?? 0)
  }
  return frame
}
