/** Words of 32 bits in a block, which is a cache line: all bits of an id are in one. */
const BLOCK = 16

/** 4 MB, of which the system gives what is used: one id in 5,000 is mistaken among a million. */
const BLOCKS = 1 << 16

/** Bits of an id: 9 of its hash choose each of them. */
const BITS = 3

/**
 * A Bloom filter of ids: it tells that an id was never added, or that it may have been. Whoever
 * picks ids on purpose only makes it say that more often.
 */
export class IdFilter {
  readonly #words = new Uint32Array(BLOCK * BLOCKS)

  add(id: string): void {
    const hash = hashOf(id)
    const block = BLOCK * (mixed(hash) % BLOCKS)
    for (let bit = 0; bit < BITS; bit += 1) {
      const at = bitOf(hash, bit)
      const word = block + (at >>> 5)
      this.#words[word] = (this.#words[word] ?? 0) | (1 << (at & 31))
    }
  }

  mayHave(id: string): boolean {
    const hash = hashOf(id)
    const block = BLOCK * (mixed(hash) % BLOCKS)
    for (let bit = 0; bit < BITS; bit += 1) {
      const at = bitOf(hash, bit)
      if (((this.#words[block + (at >>> 5)] ?? 0) & (1 << (at & 31))) === 0) return false
    }
    return true
  }
}

/** FNV-1a, 32 bits. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Other bits of the same hash (the last step of MurmurHash 3). */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** One of the 512 bits of a block. */
function bitOf(hash: number, bit: number): number {
  return (hash >>> (9 * bit)) & 511
}
