import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frame, joined, type Wire } from '../src/broadcast/frames.js'

function bytesOf(wire: Wire): Buffer {
  return typeof wire === 'string' ? Buffer.from(wire, 'latin1') : wire
}

/** The payloads of text frames as RFC 6455 has them. */
function payloads(bytes: Buffer): string[] {
  const read: string[] = []
  let at = 0
  while (at < bytes.length) {
    expect(bytes[at]).toBe(0x81)
    let length = bytes.readUInt8(at + 1)
    at += 2
    if (length === 126) {
      length = bytes.readUInt16BE(at)
      expect(length).toBeGreaterThanOrEqual(126)
      at += 2
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at))
      expect(length).toBeGreaterThanOrEqual(65_536)
      at += 8
    }
    expect(at + length).toBeLessThanOrEqual(bytes.length)
    read.push(bytes.toString('utf8', at, at + length))
    at += length
  }
  return read
}

/** Around the lengths at which headers, and strings, become others. */
const lengths = [0, 1, 123, 124, 125, 126, 127, 16_376, 16_384, 65_533, 65_534, 65_535, 70_000]

const packet = fc
  .tuple(fc.constantFrom(...lengths), fc.constantFrom('a', 'é', '名', '😀', '\u0000'))
  .map(([length, character]) => `2["${character.repeat(length / character.length)}"]`)

test('[CMD2] packets become one text frame each, whatever they are and however long', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 4 }), (packets) => {
      expect(payloads(bytesOf(frame(packets)))).toEqual(packets.map((each) => `4${each}`))
    }),
  )
})

test('[CMD2] what is joined is one after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.array(packet, { maxLength: 2 }), { maxLength: 3 }), (lists) => {
      const wire = joined(lists.map(frame))
      expect(payloads(bytesOf(wire))).toEqual(lists.flat().map((each) => `4${each}`))
    }),
  )
})
