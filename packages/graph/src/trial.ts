import type { Restore } from './lineage.js'

type Tried = { readonly apply: () => Restore; restore: Restore }

/**
 * What is being tried on a graph, in order, so that all of it can be taken back for a moment and
 * brought back exactly: plans that take several turns leave the graph to readers in between.
 */
export class Trial {
  readonly #tried: Tried[] = []

  /** Applies a change; gives what takes it back, in reverse order. */
  apply(apply: () => Restore): Restore {
    const tried: Tried = { apply, restore: apply() }
    this.#tried.push(tried)
    return () => {
      this.#tried.pop()
      tried.restore()
    }
  }

  setAside(): () => void {
    for (const tried of this.#tried.slice().reverse()) tried.restore()
    return () => {
      for (const tried of this.#tried) tried.restore = tried.apply()
    }
  }
}
