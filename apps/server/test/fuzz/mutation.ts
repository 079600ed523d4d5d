import type { Dealer } from '../convergence/dealer.js'

/** Bytes that mean something to one of the layers. */
const TOKENS = [
  '\u001e',
  '"__proto__"',
  '[[[[[[[[',
  '9'.repeat(30),
  '-',
  ',',
  '/',
  '{"_placeholder":true,"num":7}',
  '\u0000',
  'b',
  '4',
].map((token) => Buffer.from(token))

const BROKEN_UTF8 = [
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf0, 0x9f]),
]

type Change = 'flip' | 'insert' | 'cut' | 'double' | 'end' | 'token' | 'utf8'

const WEIGHTS: Record<Change, number> = {
  flip: 25,
  insert: 15,
  cut: 15,
  double: 10,
  end: 10,
  token: 20,
  utf8: 5,
}

function changed(dealer: Dealer, bytes: Buffer): Buffer {
  const at = dealer.below(bytes.length + 1)
  const some = 1 + dealer.below(8)
  const put = (middle: Buffer, skip = 0) =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + skip)])
  const kind = dealer.weighed(WEIGHTS)
  switch (kind) {
    case 'flip':
      return put(Buffer.from([(bytes[at] ?? 0) ^ (1 << dealer.below(8))]), 1)
    case 'insert':
      return put(Buffer.from(Array.from({ length: some }, () => dealer.below(256))))
    case 'cut':
      return put(Buffer.alloc(0), some)
    case 'double':
      return put(bytes.subarray(at, at + some * 4))
    case 'end':
      return bytes.subarray(0, at)
    case 'token':
      return put(dealer.pick(TOKENS))
    case 'utf8':
      return put(dealer.pick(BROKEN_UTF8))
    default:
      return kind satisfies never
  }
}

/** Bytes near to the ones given: a few changes, each anywhere. */
export function mutated(dealer: Dealer, bytes: Buffer): Buffer {
  let result = bytes
  for (let left = 1 + dealer.below(3); left > 0; left -= 1) result = changed(dealer, result)
  return result
}
