const BLOCK = 64

/** UTF-8 by hand: this package runs wherever JavaScript does, and needs the answer at once. */
function utf8(text: string): number[] {
  const bytes: number[] = []
  // Half a surrogate pair has no UTF-8; encoders write this in its place.
  const wellFormed = text.replaceAll(/\p{Surrogate}/gu, '\ufffd')
  for (const part of encodeURIComponent(wellFormed).matchAll(/%(..)|[^%]/g)) {
    bytes.push(part[1] === undefined ? part[0].charCodeAt(0) : Number.parseInt(part[1], 16))
  }
  return bytes
}

function padded(bytes: number[]): DataView {
  const size = Math.ceil((bytes.length + 9) / BLOCK) * BLOCK
  const buffer = new Uint8Array(size)
  buffer.set(bytes)
  buffer[bytes.length] = 0x80
  const view = new DataView(buffer.buffer)
  view.setUint32(size - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(size - 4, bytes.length << 3)
  return view
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function schedule(view: DataView, offset: number): Int32Array {
  const words = new Int32Array(80)
  const at = (index: number) => words[index] ?? 0
  for (let i = 0; i < 80; i += 1) {
    words[i] =
      i < 16
        ? view.getInt32(offset + i * 4)
        : rotate(at(i - 3) ^ at(i - 8) ^ at(i - 14) ^ at(i - 16), 1)
  }
  return words
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}

type State = [number, number, number, number, number]

function compress(state: State, words: Int32Array): State {
  let [a, b, c, d, e] = state
  words.forEach((word, round) => {
    const next = (rotate(a, 5) + mix(round, b, c, d) + e + word) | 0
    ;[e, d, c, b, a] = [d, c, rotate(b, 30), a, next]
  })
  const [v, w, x, y, z] = state
  return [(v + a) | 0, (w + b) | 0, (x + c) | 0, (y + d) | 0, (z + e) | 0]
}

/** SHA-1 of a text in UTF-8, as 40 hex digits. It names things; it protects nothing. */
export function sha1(text: string): string {
  const view = padded(utf8(text))
  let state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  for (let offset = 0; offset < view.byteLength; offset += BLOCK) {
    state = compress(state, schedule(view, offset))
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}
