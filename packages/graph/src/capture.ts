import type { Node } from '@talus/protocol'
import { nodeOf, type NodeRecord } from './node-record.js'
import { NODES_PER_STEP, type Steps } from './steps.js'

const NO_CHILDREN: readonly string[] = []

/** A graph at one moment. Records never change, so they are shared; the lists are its own. */
export class Capture {
  readonly #records: readonly NodeRecord[]
  readonly #lists: readonly (readonly [string | null, readonly string[]])[]
  readonly #recordOf = new Map<string, NodeRecord>()
  readonly #listOf = new Map<string | null, readonly string[]>()

  constructor(
    records: readonly NodeRecord[],
    lists: readonly (readonly [string | null, readonly string[]])[],
  ) {
    this.#records = records
    this.#lists = lists
  }

  /** Has to be run to its end before anything is read. */
  *prepare(): Steps<void> {
    for (const [n, record] of this.#records.entries()) {
      if (n % NODES_PER_STEP === 0) yield
      this.#recordOf.set(record.id, record)
    }
    for (const [n, [id, list]] of this.#lists.entries()) {
      if (n % NODES_PER_STEP === 0) yield
      this.#listOf.set(id, list)
    }
  }

  record(id: string): NodeRecord | undefined {
    return this.#recordOf.get(id)
  }

  node(record: NodeRecord): Node {
    return nodeOf(record, [...(this.#listOf.get(record.id) ?? NO_CHILDREN)])
  }

  /** Parents first, siblings in order; all, or one subtree, or all but one subtree. */
  *preorder({ from, without }: { from?: string; without?: string } = {}): Generator<NodeRecord> {
    const open = from === undefined ? [...(this.#listOf.get(null) ?? [])].reverse() : [from]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const record = this.#recordOf.get(id)
      if (!record || id === without) continue
      yield record
      for (const child of this.#listOf.get(id)?.slice().reverse() ?? NO_CHILDREN) open.push(child)
    }
  }
}
