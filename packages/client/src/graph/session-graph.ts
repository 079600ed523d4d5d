import type { NodeRecord, Option } from '@talus/graph'
import type { JsonValue } from '@talus/protocol'
import { Listeners, requireListener, type Listener } from '../emitter.js'
import type { Template } from './template.js'
import type { GraphChange, View } from './view.js'

/** A node without its children, which `children` lists. The same object until it differs. */
export type GraphNode = NodeRecord

/**
 * The graph of a session as this client sees it: what the server has confirmed, and on top of it
 * the client's own commands that are under way. Reads are synchronous; what is unchanged is the
 * same object. Do not write to what it returns.
 */
export class SessionGraph {
  readonly #view: View
  readonly #whole = new Listeners<null, GraphChange>()
  readonly #nodes = new Listeners<string, GraphChange>()
  readonly #lists = new Listeners<string | null, GraphChange>()
  readonly #subtrees = new Listeners<string, GraphChange>()

  /** Graphs come from `session.graph`. */
  constructor(view: View) {
    this.#view = view
  }

  /** Has Vue leave it as it is: a proxy cannot reach private fields. */
  get __v_skip(): true {
    return true
  }

  /** The number of nodes. */
  get size(): number {
    return this.#view.graph.size
  }

  /**
   * The template that the session obeys, as it was when the session was opened. Null where there is
   * none, and while what reads it could not be loaded.
   */
  get template(): Template | null {
    return this.#view.blueprint
  }

  /** The node with this id; undefined when there is none. */
  node(id: string): GraphNode | undefined {
    return this.#view.record(id)
  }

  /** The ids of a node's children in their order; of the roots for null. Empty without the node. */
  children(id: string | null): readonly string[] {
    return this.#view.childrenOf(id)
  }

  /** The ids of the nodes without a parent, in their order. */
  roots(): readonly string[] {
    return this.#view.childrenOf(null)
  }

  /**
   * The option that a `select` property of the node holds, whichever of its names the value is: its
   * id, its name or its uuid. Pass a `value` to read that one as the property would. Undefined where
   * there is no such option, node or property, or no template.
   */
  option(id: string, property_id: string, value?: JsonValue): Option | undefined {
    const node = this.node(id)
    const property =
      node && this.#view.blueprint?.typeOf(node.blueprint_type_id)?.property(property_id)
    if (!property) return undefined
    const { properties } = node
    const key = [property_id, property.id, property.uuid].find((each) =>
      Object.hasOwn(properties, each),
    )
    return property.option(value ?? (key === undefined ? null : (properties[key] ?? null)))
  }

  /** The nodes from the root to this one; empty when it is not there. */
  path(id: string): GraphNode[] {
    const path: GraphNode[] = []
    for (let node = this.node(id); node; node = this.#parentOf(node)) path.push(node)
    return path.reverse()
  }

  /** The nodes for which `matches` holds, parents first; of the whole graph or of one subtree. */
  find(matches: (node: GraphNode) => boolean, below?: string): GraphNode[] {
    return [...this.walk(below)].filter(matches)
  }

  /** All nodes, or those of one subtree, parents first, siblings in order. */
  *walk(from?: string): IterableIterator<GraphNode> {
    for (const { id } of this.#view.graph.preorder(from)) {
      const node = this.node(id)
      if (node) yield node
    }
  }

  /** Calls the listener after every change, with what differs; the result stops it. */
  subscribe(listener: Listener<GraphChange>): () => void {
    requireListener('subscribe()', listener)
    return this.#whole.add(null, listener)
  }

  /** Calls the listener when the node comes, goes, or has other content or another parent. */
  subscribeNode(id: string, listener: Listener<GraphChange>): () => void {
    requireListener('subscribeNode()', listener)
    return this.#nodes.add(id, listener)
  }

  /** Calls the listener when the children of a node, or for null the roots, are others. */
  subscribeChildren(id: string | null, listener: Listener<GraphChange>): () => void {
    requireListener('subscribeChildren()', listener)
    return this.#lists.add(id, listener)
  }

  /** Calls the listener when the node, or anything below it, differs. */
  subscribeSubtree(id: string, listener: Listener<GraphChange>): () => void {
    requireListener('subscribeSubtree()', listener)
    return this.#subtrees.add(id, listener)
  }

  /** @internal */
  tell(change: GraphChange): void {
    if (change.nodes.size === 0 && change.lists.size === 0) return
    for (const id of change.nodes) this.#nodes.tell(id, change)
    for (const id of change.lists) this.#lists.tell(id, change)
    if (this.#subtrees.size > 0) {
      for (const id of this.#touchedSubtrees(change)) this.#subtrees.tell(id, change)
    }
    this.#whole.tell(null, change)
  }

  /** @internal */
  close(): void {
    for (const all of [this.#whole, this.#nodes, this.#lists, this.#subtrees]) all.clear()
  }

  #parentOf({ parent_id }: GraphNode): GraphNode | undefined {
    return parent_id === null ? undefined : this.node(parent_id)
  }

  /** What differs and everything above it. A node that went is found by its parent's list. */
  #touchedSubtrees({ nodes, lists }: GraphChange): Set<string> {
    const touched = new Set<string>()
    for (const start of [...nodes, ...lists]) {
      let id: string | null | undefined = start
      while (id !== null && id !== undefined && !touched.has(id)) {
        touched.add(id)
        id = this.node(id)?.parent_id
      }
    }
    return touched
  }
}
