/** Bytes of the first piece of room. */
const FIRST = 4_096

/**
 * Bytes that come in pieces, in one place. Pieces as they come from a socket would each keep an
 * object, and some of them a whole buffer of which they are a byte.
 */
export class Gathered {
  #bytes = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(piece: Uint8Array): void {
    const needed = this.#length + piece.length
    if (needed > this.#bytes.length) {
      const room = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, FIRST))
      room.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = room
    }
    this.#bytes.set(piece, this.#length)
    this.#length = needed
  }

  /** All of it, in a buffer of its own. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length)
    this.#bytes = new Uint8Array(0)
    this.#length = 0
    return bytes
  }
}
