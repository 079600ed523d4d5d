import type { Change, JsonValue, Node } from '@talus/protocol'
import { applyChange, isWithin, replaceGraph, type Parts } from './apply.js'
import type { Capture } from './capture.js'
import { Forest } from './forest.js'
import type { GraphImage } from './graph-image.js'
import { Lineage, type Restore } from './lineage.js'
import { sameJson } from './json-equality.js'
import { nodeOf, valueOf, withValue, type NodeRecord } from './node-record.js'
import { finish, NODES_PER_STEP, type Steps } from './steps.js'
import { Trial } from './trial.js'

/**
 * A forest of typed nodes, every list of siblings in order, and the memory of every id that was
 * ever used. It changes by `Change`s only; which changes a command means is decided by `plan`.
 */
export class ProjectGraph {
  readonly #parts: Parts
  #trial: Trial | undefined

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  static empty(): ProjectGraph {
    return ProjectGraph.fromNodes([])
  }

  /** Takes nodes in pre-order and keeps their values; throws when a parent does not come first. */
  static fromNodes(nodes: Iterable<Node>): ProjectGraph {
    return ProjectGraph.restore(nodes, [])
  }

  /** The graph of a snapshot: `nodes()` and `retired()` of the one that was saved. */
  static restore(
    nodes: Iterable<Node>,
    retired: Iterable<[id: string, parent_id: string | null]>,
  ): ProjectGraph {
    return finish(ProjectGraph.restoreInSteps(nodes, retired))
  }

  static *restoreInSteps(
    nodes: Iterable<Node>,
    retired: Iterable<[id: string, parent_id: string | null]>,
  ): Steps<ProjectGraph> {
    const forest = yield* Forest.of(nodes)
    const lineage = yield* Lineage.of(forest.ids(), retired)
    return new ProjectGraph({ forest, lineage })
  }

  /**
   * A graph of its own that is what an image shows, made in pieces. It does not know which ids were
   * used before.
   */
  static *copyOf(image: GraphImage): Generator<undefined, ProjectGraph> {
    const forest = yield* Forest.copyOf(image)
    return new ProjectGraph({ forest, lineage: new Lineage() })
  }

  get size(): number {
    return this.#parts.forest.size
  }

  has(id: string): boolean {
    return this.#parts.forest.get(id) !== undefined
  }

  /** The node as it is on the wire. Its values are shared with the graph: do not write to them. */
  node(id: string): Node | undefined {
    const { forest } = this.#parts
    const record = forest.get(id)
    return record && nodeOf(record, forest.copyChildren(id))
  }

  /** The node without its children: the same object as long as nothing of it changed. */
  record(id: string): NodeRecord | undefined {
    return this.#parts.forest.get(id)
  }

  roots(): string[] {
    return [...this.#parts.forest.childrenOf(null)]
  }

  /** The same array as long as the list did not change; empty for a node that is not there. */
  childrenOf(id: string | null): readonly string[] {
    return this.#parts.forest.childrenOf(id)
  }

  childCount(id: string | null): number {
    return this.#parts.forest.childCount(id)
  }

  /** Place among the siblings, from 0; -1 for a node that is not there. */
  indexOf(id: string): number {
    return this.#parts.forest.indexOf(id)
  }

  /** The sibling right before a node; undefined for the first, and without the node. */
  siblingBefore(id: string): string | undefined {
    return this.#parts.forest.before(id)
  }

  /** Levels from the roots to this node; 0 for null. */
  depthOf(id: string | null): number {
    return this.#parts.forest.depthOf(id)
  }

  /** No node stands deeper. Costs nothing; may be too high until a height is asked for. */
  get depthBound(): number {
    return this.#parts.forest.depthBound
  }

  /** Levels of the whole graph; `depthBound` is exact then. */
  measureDepth(): number {
    return this.#parts.forest.heightOf(null) - 1
  }

  /** Levels of a subtree, its top included. The first call walks, later ones look up. */
  heightOf(id: string): number {
    return this.#parts.forest.heightOf(id)
  }

  /** Whether `id` is `ancestor` or stands somewhere below it. */
  isWithin(id: string, ancestor: string): boolean {
    return isWithin(this.#parts.forest, id, ancestor)
  }

  /** All records, or those of one subtree, parents first. Do not change the graph meanwhile. */
  preorder(from?: string): IterableIterator<NodeRecord> {
    return this.#parts.forest.preorder(from)
  }

  /** The graph as it is now, to be read later and bit by bit. Costs far less than a walk. */
  capture(): Capture {
    return this.#parts.forest.capture()
  }

  nodes(): Node[] {
    const { forest } = this.#parts
    return Array.from(forest.preorder(), (record) => nodeOf(record, forest.copyChildren(record.id)))
  }

  /** The ids of all nodes, in no order that means anything. */
  ids(): Iterable<string> {
    return this.#parts.forest.ids()
  }

  /** The graph at this moment, to be read later and in pieces. */
  image(): GraphImage {
    return this.#parts.forest.image()
  }

  /** Whether the id, in any case, belongs or ever belonged to a node (rule ID1). */
  isTaken(id: string): boolean {
    return this.#parts.lineage.isTaken(id)
  }

  /** Whether a node has this very id, or had it once. */
  knows(id: string): boolean {
    return this.has(id) || this.#parts.lineage.lastParentOf(id) !== undefined
  }

  /** The same as they are now, to be read later and once. */
  captureRetired(): Iterable<[id: string, parent_id: string | null]> {
    return this.#parts.lineage.captureRetired()
  }

  /** How many ids belonged to nodes that are gone; none of them is free again (rule ID1). */
  get formerIds(): number {
    return this.#parts.lineage.retiredCount
  }

  /** Every id whose node is gone, with the parent that it had last. */
  retired(): Iterable<[id: string, parent_id: string | null]> {
    return this.#parts.lineage.retired()
  }

  /** The first node above `id` that is there, also when `id` itself is gone (rule UNDO4). */
  nearestLivingAncestor(id: string): string | null {
    const { forest, lineage } = this.#parts
    let at = forest.get(id)?.parent_id ?? lineage.lastParentOf(id) ?? null
    while (at !== null && !forest.get(at)) at = lineage.lastParentOf(at) ?? null
    return at
  }

  /** Applies all changes, or none and throws: a change that does not fit is a bug. */
  apply(changes: readonly Change[]): void {
    this.speculate(changes)
  }

  /** The same in steps; closed before the end, it takes back what it has applied. */
  *applyInSteps(changes: readonly Change[]): Steps<void> {
    yield* this.speculateInSteps(changes)
  }

  /**
   * Applies all changes and returns what takes them back exactly, the ids that they took included.
   * Several speculations are taken back in reverse order.
   */
  speculate(changes: readonly Change[]): () => void {
    const done: Restore[] = []
    const takeBack = () => {
      for (let restore = done.pop(); restore; restore = done.pop()) restore()
    }
    try {
      for (const change of changes) {
        const restore = this.#trial
          ? this.#trial.apply(() => applyChange(this.#parts, change))
          : applyChange(this.#parts, change)
        done.push(restore)
      }
    } catch (error) {
      takeBack()
      throw error
    }
    return takeBack
  }

  /** The same in steps; closed before the end, it takes back what it has applied. */
  *speculateInSteps(changes: readonly Change[]): Steps<() => void> {
    const done: Restore[] = []
    const takeBack = () => {
      for (let restore = done.pop(); restore; restore = done.pop()) restore()
    }
    let isComplete = false
    try {
      for (const [n, change] of changes.entries()) {
        if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
        const apply =
          change.type === 'graph-replaced'
            ? yield* replaceGraph(this.#parts, change.nodes)
            : () => applyChange(this.#parts, change)
        done.push(this.#trial ? this.#trial.apply(apply) : apply())
      }
      isComplete = true
    } finally {
      if (!isComplete) takeBack()
    }
    return takeBack
  }

  /**
   * Begins a trial: until `endTrial` everything that is speculated can be set aside for a moment.
   * For plans that take several turns of an event loop while others read.
   */
  beginTrial(): void {
    this.#trial = new Trial()
  }

  endTrial(): void {
    this.#trial = undefined
  }

  /** Takes back what is being tried; the result of the call brings it back. */
  setTrialAside(): () => void {
    const trial = this.#trial
    if (!trial) return () => undefined
    const bringBack = trial.setAside()
    this.#trial = undefined
    return () => {
      bringBack()
      this.#trial = trial
    }
  }

  /**
   * Puts a node right where a speculation that was taken back has brought back something older: its
   * values (undefined: it does not have the property) and its time. Nothing without the node.
   */
  correct(
    id: string,
    values: Iterable<readonly [property_id: string, value: JsonValue | undefined]>,
    created_at?: string,
  ): void {
    const { forest } = this.#parts
    let record = forest.get(id)
    if (!record) return
    for (const [property_id, value] of values) {
      if (!sameJson(valueOf(record, property_id), value)) {
        record = withValue(record, property_id, value)
      }
    }
    if (created_at !== undefined && record.created_at !== created_at) {
      record = { ...record, created_at }
    }
    forest.replace(record)
  }

  /** Puts other nodes, in pre-order, in the place of all; ids that vanish count as retired. */
  replaceWith(nodes: Iterable<Node>): void {
    finish(replaceGraph(this.#parts, nodes))()
  }
}
