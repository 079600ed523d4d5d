import { NODES_PER_STEP, type Steps } from './steps.js'

/** Takes back one step exactly; steps are taken back in reverse order. */
export type Restore = () => void

/** Ids that differ in case only count as one (rule ID1): people and file systems mix them up. */
function folded(id: string): string {
  return id.toLowerCase()
}

/** Which ids were ever used, and below which node those that are gone stood last. */
export class Lineage {
  readonly #taken = new Set<string>()
  readonly #retired = new Map<string, string | null>();

  static *of(living: Iterable<string>, retired: Iterable<[string, string | null]>): Steps<Lineage> {
    const lineage = new Lineage()
    // Counted: ids that are back were taken before, so that the set does not grow with them.
    let looked = 0
    for (const [id, parent_id] of retired) {
      if (++looked % NODES_PER_STEP === 0) yield
      lineage.#taken.add(folded(id))
      lineage.#retired.set(id, parent_id)
    }
    for (const id of living) {
      if (++looked % NODES_PER_STEP === 0) yield
      lineage.add(id)
    }
    return lineage
  }

  isTaken(id: string): boolean {
    return this.#taken.has(folded(id))
  }

  /** How many ids have no node any more. */
  get retiredCount(): number {
    return this.#retired.size
  }

  retired(): Iterable<[string, string | null]> {
    return this.#retired.entries()
  }

  /** The same as they are now, to be read later; taking them only copies references. */
  captureRetired(): Iterable<[string, string | null]> {
    const [ids, parents] = [[...this.#retired.keys()], [...this.#retired.values()]]
    return (function* retired(): Generator<[string, string | null]> {
      for (const [n, id] of ids.entries()) yield [id, parents[n] ?? null]
    })()
  }

  /** Parent of a node that is gone, as it was last; undefined for every other id. */
  lastParentOf(id: string): string | null | undefined {
    return this.#retired.get(id)
  }

  add(id: string): Restore {
    const key = folded(id)
    const fresh = !this.#taken.has(key)
    const parent_id = this.#retired.get(id)
    this.#taken.add(key)
    this.#retired.delete(id)
    return () => {
      if (fresh) this.#taken.delete(key)
      if (parent_id !== undefined) this.#retired.set(id, parent_id)
    }
  }

  retire(id: string, parent_id: string | null): Restore {
    this.#retired.set(id, parent_id)
    return () => this.#retired.delete(id)
  }
}
