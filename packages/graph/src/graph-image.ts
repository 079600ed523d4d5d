import type { Node } from '@talus/protocol'
import { nodeOf, type NodeRecord } from './node-record.js'

type Lists = readonly (readonly [parent_id: string | null, ids: string[]])[]

/** Entries of an index that are made between two chances to rest. */
const STEP = 1_000

/**
 * A graph at one moment. Taking it only copies references, some milliseconds for 100,000 nodes;
 * the walk comes later, in pieces, while the graph itself goes on.
 */
export class GraphImage {
  readonly #records: readonly NodeRecord[]
  readonly #lists: Lists

  /** Images come from `graph.image()`. */
  constructor(records: readonly NodeRecord[], lists: Lists) {
    this.#records = records
    this.#lists = lists
  }

  get size(): number {
    return this.#records.length
  }

  /** The records, and the ids below each parent in order. They are shared: do not write to them. */
  get parts(): { records: readonly NodeRecord[]; lists: Lists } {
    return { records: this.#records, lists: this.#lists }
  }

  /**
   * The nodes as they are on the wire, in pre-order. An undefined is a piece of work that gave no
   * node: whoever rests between pieces can rest there too.
   */
  *nodes(): Generator<Node | undefined, void> {
    const records = new Map<string, NodeRecord>()
    for (const record of this.#records) {
      records.set(record.id, record)
      if (records.size % STEP === 0) yield undefined
    }
    const lists = new Map<string | null, string[]>()
    for (const [parent_id, ids] of this.#lists) {
      lists.set(parent_id, ids)
      if (lists.size % STEP === 0) yield undefined
    }
    const open = lists.get(null)?.slice().reverse() ?? []
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const record = records.get(id)
      if (!record) continue
      const children = lists.get(id) ?? []
      for (let at = children.length - 1; at >= 0; at -= 1) open.push(children[at] ?? '')
      // A walk may be made again: nobody else gets hold of the lists.
      yield nodeOf(record, [...children])
    }
  }
}
