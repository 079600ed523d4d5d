import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frame, joined, SharingPacket, type Wire } from '../src/broadcast/frames.js'

function bytesOf(wire: Wire): Buffer {
  return typeof wire === 'string' ? Buffer.from(wire, 'latin1') : wire
}

type Frame = { opcode: number; headerLength: number; payload: string }

function headerOf(bytes: Buffer): { length: number; headerLength: number } {
  const length = bytes.readUInt8(1)
  if (length === 126) return { length: bytes.readUInt16BE(2), headerLength: 4 }
  if (length === 127) return { length: Number(bytes.readBigUInt64BE(2)), headerLength: 10 }
  return { length, headerLength: 2 }
}

/** The frames as RFC 6455 has them. Throws when the last one is cut off. */
function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let rest = bytes; rest.length > 0;) {
    const { length, headerLength } = headerOf(rest)
    const end = headerLength + length
    if (end > rest.length) throw new Error(`${end - rest.length} bytes are missing`)
    const payload = rest.toString('utf8', headerLength, end)
    frames.push({ opcode: rest.readUInt8(0), headerLength, payload })
    rest = rest.subarray(end)
  }
  return frames
}

/** What has to come: each length in as few bytes as it takes. */
function expected(packet: string): Frame {
  const payload = `4${packet}`
  const length = Buffer.byteLength(payload)
  const [medium, long] = [length >= 126 ? 4 : 2, length >= 65_536 ? 10 : 0]
  return { opcode: 0x81, headerLength: Math.max(medium, long), payload }
}

/** Around the lengths at which headers, and strings, become others. */
const lengths = [0, 1, 123, 124, 125, 126, 127, 16_376, 16_384, 65_533, 65_534, 65_535, 70_000]

const packet = fc
  .tuple(fc.constantFrom(...lengths), fc.constantFrom('a', 'é', '名', '😀', '\u0000'))
  .map(([length, character]) => `2["${character.repeat(length / character.length)}"]`)

test('[CMD2] packets become one text frame each, whatever they are and however long', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 4 }), (packets) => {
      expect(framesIn(bytesOf(frame(packets)))).toEqual(packets.map(expected))
    }),
  )
})

test('[CMD2] what is joined is one after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.array(packet, { maxLength: 2 }), { maxLength: 3 }), (lists) => {
      const wires = joined(lists.map(frame)).map(bytesOf)
      expect(framesIn(Buffer.concat(wires))).toEqual(lists.flat().map(expected))
    }),
  )
})

test('[SYNC1] a field that is bytes already is part of the one text frame of its packet', () => {
  const text = fc.tuple(fc.constantFrom(...lengths), fc.constantFrom('a', 'é', '😀'))
  fc.assert(
    fc.property(text, fc.string({ unit: 'grapheme' }), ([length, character], name) => {
      const payload = { name }
      const list = JSON.stringify([character.repeat(length)])
      const shared = { start: '"entries":[', rest: Buffer.from(list.slice(1)) }
      const sharing = new SharingPacket(`2${JSON.stringify(['joined', payload])}`, shared)
      const whole = `2${JSON.stringify(['joined', { ...payload, entries: JSON.parse(list) }])}`
      expect(sharing.list).toEqual([whole])
      const wires: Wire[] = ['before']
      sharing.addTo(wires)
      const [before = '', ...others] = joined([...wires, 'behind'])
      const bytes = Buffer.concat([before, ...others].map(bytesOf))
      expect(framesIn(bytes.subarray('before'.length, -'behind'.length))).toEqual([expected(whole)])
    }),
  )
})
