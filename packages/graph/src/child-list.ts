/** Ids per chunk: a scan of one chunk and a walk over the chunks of 100,000 ids cost alike. */
const CHUNK = 512

type Chunk = string[]

/**
 * The ordered, distinct ids of one list of siblings. One plain array while it is small; beyond
 * that a row of chunks, so that the work of a change does not grow with the number of siblings.
 */
export class ChildList {
  readonly #chunks: Chunk[] = [[]]
  /** Which chunk holds an id; only kept when there is a choice, and somebody had to know. */
  #home: Map<string, Chunk> | null = null
  #length = 0
  #array: readonly string[] | null = null

  /** The list of these ids, which are distinct. */
  static of(ids: readonly string[]): ChildList {
    const list = new ChildList()
    if (ids.length > 0) list.#chunks.pop()
    for (let at = 0; at < ids.length; at += CHUNK) list.#chunks.push(ids.slice(at, at + CHUNK))
    list.#length = ids.length
    return list
  }

  get length(): number {
    return this.#length
  }

  /** All ids in order; the same array until the list changes. */
  toArray(): readonly string[] {
    this.#array ??= this.copy()
    return this.#array
  }

  /** All ids in order, in an array of the caller's own. */
  copy(): string[] {
    return this.#chunks.length === 1 ? this.#chunkAt(0).slice() : this.#chunks.flat()
  }

  indexOf(id: string): number {
    const chunk = this.#chunkOf(id)
    const offset = chunk ? chunk.indexOf(id) : -1
    return chunk && offset >= 0 ? this.#startOf(chunk) + offset : -1
  }

  /** The id right before another; undefined for the first, and for one that is not there. */
  before(id: string): string | undefined {
    const chunk = this.#chunkOf(id)
    const offset = chunk ? chunk.indexOf(id) : -1
    if (!chunk || offset > 0) return chunk?.[offset - 1]
    return offset < 0 ? undefined : this.#chunks[this.#chunks.indexOf(chunk) - 1]?.at(-1)
  }

  /** Puts `id` where `index` then finds it; `index` is at most the length. */
  insert(index: number, id: string): void {
    const { position, offset } = this.#locate(index)
    const chunk = this.#chunkAt(position)
    if (offset === chunk.length) chunk.push(id)
    else chunk.splice(offset, 0, id)
    this.#home?.set(id, chunk)
    this.#length += 1
    this.#array = null
    if (chunk.length > CHUNK) this.#split(position, offset === CHUNK)
  }

  remove(id: string): void {
    const chunk = this.#chunkOf(id)
    const offset = chunk ? chunk.indexOf(id) : -1
    if (!chunk || offset < 0) throw new Error(`'${id}' is not in this list`)
    if (offset === chunk.length - 1) chunk.pop()
    else chunk.splice(offset, 1)
    this.#home?.delete(id)
    this.#length -= 1
    this.#array = null
    if (chunk.length < CHUNK / 4 && this.#home) this.#merge(this.#chunks.indexOf(chunk))
  }

  #chunkOf(id: string): Chunk | undefined {
    if (this.#chunks.length === 1) return this.#chunks[0]
    if (!this.#home) this.#settleAll()
    return this.#home?.get(id)
  }

  #chunkAt(position: number): Chunk {
    const chunk = this.#chunks[position]
    if (!chunk) throw new Error(`no chunk at ${position}`)
    return chunk
  }

  #startOf(chunk: Chunk): number {
    let start = 0
    for (const other of this.#chunks) {
      if (other === chunk) return start
      start += other.length
    }
    throw new Error('the chunk is not part of this list')
  }

  #locate(index: number): { position: number; offset: number } {
    const last = this.#chunks.length - 1
    // Most insertions append.
    if (index === this.#length) return { position: last, offset: this.#chunkAt(last).length }
    let offset = index
    for (let position = 0; position <= last; position += 1) {
      const { length } = this.#chunkAt(position)
      if (offset < length) return { position, offset }
      offset -= length
    }
    throw new Error(`index ${index} is outside of ${this.#length} ids`)
  }

  #split(position: number, appended: boolean): void {
    const chunk = this.#chunkAt(position)
    // Appending one by one would leave every chunk half empty if it cut in the middle.
    const tail = chunk.splice(appended ? CHUNK : CHUNK / 2)
    this.#chunks.splice(position + 1, 0, tail)
    if (this.#home) this.#settle(tail, this.#home)
    else this.#settleAll()
  }

  #merge(position: number): void {
    const from = position > 0 ? position : 1
    const left = this.#chunkAt(from - 1)
    const right = this.#chunkAt(from)
    // A margin to the limit, so that the next insertion does not split again.
    if (left.length + right.length > CHUNK / 2) return
    left.push(...right)
    this.#chunks.splice(from, 1)
    if (this.#chunks.length === 1) this.#home = null
    else if (this.#home) this.#settle(right, this.#home, left)
  }

  #settleAll(): void {
    this.#home = new Map()
    for (const chunk of this.#chunks) this.#settle(chunk, this.#home)
  }

  #settle(ids: Chunk, home: Map<string, Chunk>, chunk = ids): void {
    for (const id of ids) home.set(id, chunk)
  }
}
