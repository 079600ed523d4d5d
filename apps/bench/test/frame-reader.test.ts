import { describe, expect, it } from 'vitest'
import { FrameReader } from '../src/frame-reader.js'

function serverFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const size = payload.length
  if (size < 126) return Buffer.concat([Buffer.from([0x81, size]), payload])
  if (size < 65536) return Buffer.concat([Buffer.from([0x81, 126, size >> 8, size & 255]), payload])
  const header = Buffer.alloc(10)
  header[0] = 0x81
  header[1] = 127
  header.writeBigUInt64BE(BigInt(size), 2)
  return Buffer.concat([header, payload])
}

function collect() {
  const messages: string[] = []
  const reader = new FrameReader((bytes, start, end) => {
    messages.push(bytes.toString('utf8', start, end))
  })
  return { messages, reader }
}

const sent = ['', '2', '42["a"]', 'é'.repeat(70), 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(900)]
const stream = Buffer.concat(sent.map(serverFrame))

describe('FrameReader', () => {
  it('finds several frames in one segment', () => {
    const { messages, reader } = collect()
    reader.push(stream, 0, stream.length)
    expect(messages).toEqual(sent)
    expect(reader.pending).toBe(0)
  })

  it('finds the same frames wherever one cut falls', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const { messages, reader } = collect()
      reader.push(stream, 0, cut)
      reader.push(stream, cut, stream.length)
      expect(messages, `cut at ${cut}`).toEqual(sent)
    }
  })

  it.each([1, 2, 3, 5, 7, 127])('finds the same frames in segments of %i bytes', (size) => {
    const { messages, reader } = collect()
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream, at, Math.min(at + size, stream.length))
    }
    expect(messages).toEqual(sent)
  })

  it('does not depend on the bytes of an earlier segment', () => {
    const { messages, reader } = collect()
    const segment = Buffer.from(stream.subarray(0, 200))
    reader.push(segment, 0, segment.length)
    segment.fill(0xff)
    reader.push(stream, 200, stream.length)
    expect(messages).toEqual(sent)
  })

  it('reads lengths of 64 bits across a cut in the header', () => {
    const large = serverFrame('w'.repeat(70_000))
    for (const cut of [1, 2, 5, 9, 10, 11, 69_999]) {
      const { messages, reader } = collect()
      reader.push(large, 0, cut)
      reader.push(large, cut, large.length)
      expect(messages.map(({ length }) => length)).toEqual([70_000])
    }
  })

  it.each([
    ['a fragment', [0x01, 0x00]],
    ['a compressed frame', [0xc1, 0x00]],
    ['a masked frame', [0x81, 0x80, 0, 0, 0, 0]],
  ])('refuses %s', (_, bytes) => {
    const { reader } = collect()
    expect(() => reader.push(Buffer.from(bytes), 0, bytes.length)).toThrow('Not a whole')
  })
})
