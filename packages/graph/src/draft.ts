import type { Change } from '@talus/protocol'
import type { ProjectGraph } from './project-graph.js'
import { NODES_PER_STEP, type Steps } from './steps.js'

/**
 * Changes under consideration. Later ones are decided on the graph as the earlier ones leave it;
 * `discard` takes everything back, so that planning stays pure.
 */
export class Draft {
  readonly changes: Change[] = []
  readonly #graph: ProjectGraph
  readonly #takeBack: (() => void)[] = []
  #applied = 0

  constructor(graph: ProjectGraph) {
    this.#graph = graph
  }

  add(changes: readonly Change[]): void {
    // Not spread: a deletion may hold more changes than a call may have arguments.
    for (const change of changes) this.changes.push(change)
  }

  /** The graph with all changes so far; they are only tried when somebody has to look. */
  view(): ProjectGraph {
    if (this.#applied < this.changes.length) {
      this.#takeBack.push(this.#graph.speculate(this.changes.slice(this.#applied)))
      this.#applied = this.changes.length
    }
    return this.#graph
  }

  /** The same in steps, for changes that may be many. */
  *viewInSteps(): Steps<ProjectGraph> {
    while (this.#applied < this.changes.length) {
      const changes = this.changes.slice(this.#applied, this.#applied + NODES_PER_STEP)
      this.#takeBack.push(this.#graph.speculate(changes))
      this.#applied += changes.length
      if (changes.length === NODES_PER_STEP) yield
    }
    return this.#graph
  }

  /** The graph as it was when somebody last looked: without what was added since. */
  lastView(): ProjectGraph {
    return this.#graph
  }

  /** Takes everything back in steps. */
  *discardInSteps(): Steps<void> {
    for (let takeBack = this.#takeBack.pop(); takeBack; takeBack = this.#takeBack.pop()) {
      takeBack()
      yield
    }
  }

  discard(): void {
    for (let takeBack = this.#takeBack.pop(); takeBack; takeBack = this.#takeBack.pop()) takeBack()
  }
}
