import { expect, it } from 'vitest'
import { textFrame } from '../src/frame-writer.js'

function unmasked(frame: Buffer): string {
  const header = ((frame[1] ?? 0) & 0x7f) === 126 ? 4 : 2
  const mask = frame.subarray(header, header + 4)
  const payload = frame.subarray(header + 4)
  return Buffer.from(payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0))).toString()
}

it.each(['', '3', 'é'.repeat(62), 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(3000)])(
  'masks what a server unmasks again',
  (text) => {
    const frame = textFrame(text)
    expect(frame[0]).toBe(0x81)
    expect((frame[1] ?? 0) & 0x80).toBe(0x80)
    expect(unmasked(frame)).toBe(text)
  },
)
