import type { Node } from '@talus/protocol'
import { Capture } from './capture.js'
import { ChildList } from './child-list.js'
import { GraphImage } from './graph-image.js'
import { Heights } from './heights.js'
import { recordOf, type NodeRecord } from './node-record.js'
import { NODES_PER_STEP, type Steps } from './steps.js'

const NO_CHILDREN: readonly string[] = []

/** Entries of an index that are made between two chances to rest. */
const STEP = 500

/** Further up nobody counts for every change how deep a node stands. */
const FEW_LEVELS = 64

/** Records and the order of siblings, kept in agreement. Knows nothing of what was before. */
export class Forest {
  readonly #records = new Map<string, NodeRecord>()
  readonly #lists = new Map<string | null, ChildList>()
  #depthBound = 0
  /** Only while somebody asks. */
  #heights: Heights | undefined;

  /** Takes nodes in pre-order; siblings stand in the order in which they appear. */
  static *of(nodes: Iterable<Node>): Steps<Forest> {
    const forest = new Forest()
    for (const node of nodes) {
      if (forest.size % NODES_PER_STEP === 0) yield
      const record = recordOf(node)
      if (forest.get(record.id)) throw new Error(`node '${record.id}' appears twice`)
      // Parents first also rules out cycles.
      if (record.parent_id !== null && !forest.get(record.parent_id)) {
        throw new Error(`node '${record.id}' appears before its parent '${record.parent_id}'`)
      }
      forest.add(record, forest.childCount(record.parent_id))
    }
    return forest
  }

  /** A forest of its own of what an image holds; the records are shared, as they never change. */
  static *copyOf(image: GraphImage): Generator<undefined, Forest> {
    const forest = new Forest()
    const { records, lists } = image.parts
    for (const record of records) {
      forest.#records.set(record.id, record)
      if (forest.#records.size % STEP === 0) yield
    }
    for (const [parent_id, ids] of lists) {
      forest.#lists.set(parent_id, ChildList.of(ids))
      if (forest.#lists.size % STEP === 0 || ids.length > STEP) yield
    }
    // Nobody has counted: it is measured when somebody asks.
    forest.#raise(records.length)
    return forest
  }

  get size(): number {
    return this.#records.size
  }

  get(id: string): NodeRecord | undefined {
    return this.#records.get(id)
  }

  ids(): Iterable<string> {
    return this.#records.keys()
  }

  childrenOf(parent_id: string | null): readonly string[] {
    return this.#lists.get(parent_id)?.toArray() ?? NO_CHILDREN
  }

  /** The children in an array of the caller's own; a walk over all nodes keeps no array alive. */
  copyChildren(parent_id: string | null): string[] {
    return this.#lists.get(parent_id)?.copy() ?? []
  }

  childCount(parent_id: string | null): number {
    return this.#lists.get(parent_id)?.length ?? 0
  }

  indexOf(id: string): number {
    const record = this.#records.get(id)
    return record ? (this.#lists.get(record.parent_id)?.indexOf(id) ?? -1) : -1
  }

  /** The sibling right before a node; undefined for the first, and without the node. */
  before(id: string): string | undefined {
    const record = this.#records.get(id)
    return record && this.#lists.get(record.parent_id)?.before(id)
  }

  /** Levels from the roots to this node, 0 for null; counted up to `most` and one more. */
  depthOf(id: string | null, most = Infinity): number {
    let depth = 0
    for (let at = id; at !== null && depth <= most; depth += 1) {
      at = this.#records.get(at)?.parent_id ?? null
    }
    return depth
  }

  /** No node stands deeper. Costs nothing; exact right after `heightOf`. */
  get depthBound(): number {
    return this.#depthBound
  }

  /**
   * Levels of a subtree, its top included; of null: of the whole forest, and one. The first who
   * asks pays for a walk over all nodes with children, the next for nothing.
   */
  heightOf(id: string | null): number {
    this.#heights ??= new Heights({
      parentOf: (at) => this.#records.get(at)?.parent_id ?? null,
      parents: () => this.#lists.keys(),
    })
    this.#depthBound = this.#heights.of(null) - 1
    return this.#heights.of(id)
  }

  add(record: NodeRecord, index: number): void {
    this.#records.set(record.id, record)
    this.#insert(record.parent_id, index, record.id)
  }

  remove(record: NodeRecord): void {
    this.#records.delete(record.id)
    this.#take(record.parent_id, record.id)
  }

  /** Puts a record in the place of the one with its id; the parent has to be the same. */
  replace(record: NodeRecord): void {
    this.#records.set(record.id, record)
  }

  /** Takes `from` out of its list and puts `to`, the same node, below its parent. */
  move(from: NodeRecord, to: NodeRecord, index: number): void {
    this.#lower(from, to)
    this.#take(from.parent_id, from.id)
    this.#records.set(to.id, to)
    this.#insert(to.parent_id, index, to.id)
  }

  /** All records in no order, and a copy of every list: quick, as nothing is looked up. */
  capture(): Capture {
    const lists = Array.from(this.#lists, ([id, list]) => [id, list.copy()] as const)
    return new Capture([...this.#records.values()], lists)
  }

  /** Every record below and with `from`, parents first, siblings in order. */
  *preorder(from?: string): IterableIterator<NodeRecord> {
    const open = from === undefined ? this.copyChildren(null).reverse() : [from]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const record = this.#records.get(id)
      if (!record) continue
      yield record
      const children = this.#lists.get(id)?.copy()
      if (!children) continue
      for (let child = children.pop(); child !== undefined; child = children.pop()) open.push(child)
    }
  }

  /** References only, without a walk: it has to be done in one go. */
  image(): GraphImage {
    const lists = Array.from(this.#lists, ([id, list]) => [id, list.copy()] as const)
    return new GraphImage([...this.#records.values()], lists)
  }

  #insert(parent_id: string | null, index: number, id: string): void {
    let list = this.#lists.get(parent_id)
    if (!list) {
      list = new ChildList()
      this.#lists.set(parent_id, list)
      this.#begin(parent_id)
    }
    list.insert(index, id)
    if (!this.#heights) return
    this.#heights.added(parent_id, id)
    this.#dropCostly()
  }

  /** A parent gets its first child. Others stand beside what has been counted. */
  #begin(parent_id: string | null): void {
    const above = this.depthOf(parent_id, FEW_LEVELS)
    const bound = this.#depthBound
    if (above <= FEW_LEVELS) this.#depthBound = Math.max(bound, above + 1)
    else this.#raise(bound + 1)
  }

  /** A subtree goes to another parent: its lowest nodes go down by as much as its top. */
  #lower(from: NodeRecord, to: NodeRecord): void {
    if (from.parent_id === to.parent_id) return
    if (!this.#lists.has(from.id)) return
    const [before, after] = [from, to].map(({ parent_id }) => this.depthOf(parent_id, FEW_LEVELS))
    const deepest = Math.max(before ?? 0, after ?? 0)
    const known = deepest <= FEW_LEVELS
    this.#raise(this.#depthBound + (known ? (after ?? 0) - (before ?? 0) : this.#depthBound))
  }

  #raise(bound: number): void {
    this.#depthBound = Math.max(this.#depthBound, bound)
  }

  #take(parent_id: string | null, id: string): void {
    const list = this.#lists.get(parent_id)
    list?.remove(id)
    // Most nodes are leaves: an empty list for each would double what they cost.
    if (list?.length === 0) this.#lists.delete(parent_id)
    if (!this.#heights) return
    this.#heights.removed(parent_id, id, list?.length ?? 0)
    this.#dropCostly()
  }

  #dropCostly(): void {
    if (this.#heights?.isCostly) this.#heights = undefined
  }
}
