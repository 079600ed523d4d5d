/** What a forest is asked for: who stands above a node, and which nodes have children. */
type Above = { parentOf(id: string): string | null; parents(): Iterable<string | null> }

/** The children of one node by height; leaves, of height 1, are not counted. */
type Inner = { highest: number; counts: Map<number, number> | undefined }

/**
 * The exact height of every subtree: levels, the top included. A change costs one step for each
 * node above it whose height changes, so that it is kept only as long as somebody asks for heights
 * and until so many steps are made that measuring again costs less (`isCostly`).
 */
export class Heights {
  readonly #above: Above
  readonly #inner = new Map<string | null, Inner>()
  #steps = 0

  /** Measures the whole forest: one step for each node with children. */
  constructor(above: Above) {
    this.#above = above
    const open = new Map<string | null, number>()
    for (const id of above.parents()) {
      this.#inner.set(id, { highest: 1, counts: undefined })
      const parent = id === null ? undefined : above.parentOf(id)
      if (parent !== undefined) open.set(parent, (open.get(parent) ?? 0) + 1)
    }
    // Those without inner nodes below them are done; each frees the one above.
    const done = [...this.#inner.keys()].filter((id) => !open.has(id))
    for (let id = done.pop(); id !== undefined; id = done.pop()) {
      if (id === null) continue
      const parent = above.parentOf(id)
      this.#count(this.#inner.get(parent), this.of(id), 1)
      const left = (open.get(parent) ?? 0) - 1
      open.set(parent, left)
      if (left === 0) done.push(parent)
    }
  }

  /** Levels of the subtree, its top included; of null: of the whole forest, and one. */
  of(id: string | null): number {
    return (this.#inner.get(id)?.highest ?? 0) + 1
  }

  get isCostly(): boolean {
    return this.#steps > 2 * this.#inner.size + 1_000
  }

  /** A child with what is below it has come to `parent`. */
  added(parent: string | null, id: string): void {
    this.#change(parent, 0, this.of(id))
  }

  /** A child has gone; `left` others stand below `parent`. */
  removed(parent: string | null, id: string, left: number): void {
    this.#change(parent, this.of(id), 0, left)
  }

  /** A child has another height than before; 0: it was not there, or is gone. */
  #change(start: string | null, start_from: number, start_to: number, left = 1): void {
    let [parent, from, to] = [start, start_from, start_to]
    for (let others = left; ; others = 1) {
      this.#steps += 1
      const before = this.of(parent)
      this.#set(parent, { from, to, others })
      const after = this.of(parent)
      if (before === after || parent === null) return
      ;[parent, from, to] = [this.#above.parentOf(parent), before, after]
    }
  }

  #set(id: string | null, { from, to, others }: { from: number; to: number; others: number }) {
    if (to === 0 && others === 0) {
      this.#inner.delete(id)
      return
    }
    let inner = this.#inner.get(id)
    if (!inner) this.#inner.set(id, (inner = { highest: 1, counts: undefined }))
    this.#count(inner, from, -1)
    this.#count(inner, to, 1)
  }

  #count(inner: Inner | undefined, height: number, by: number): void {
    if (!inner || height <= 1) return
    const counts = (inner.counts ??= new Map())
    const count = (counts.get(height) ?? 0) + by
    if (count > 0) {
      counts.set(height, count)
      inner.highest = Math.max(inner.highest, height)
      return
    }
    counts.delete(height)
    if (height < inner.highest) return
    // Few: siblings of n different heights are the tops of n * n / 2 nodes.
    this.#steps += counts.size
    inner.highest = 1
    for (const other of counts.keys()) inner.highest = Math.max(inner.highest, other)
  }
}
