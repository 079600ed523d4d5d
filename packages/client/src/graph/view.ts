import type { Blueprint } from '@talus/graph'
import { ProjectGraph, sameJson, type NodeRecord } from '@talus/graph/model'
import type { Change, JsonValue } from '@talus/protocol'

type Ids = readonly string[]

/** Lists up to this length are compared, read or not; longer ones only if somebody has read them. */
const SHORT = 500

/** What differs after something happened. */
export type GraphChange = {
  /** Nodes that came, went, or have other content or another parent. */
  readonly nodes: ReadonlySet<string>
  /** Nodes whose list of children differs; null stands for the roots. */
  readonly lists: ReadonlySet<string | null>
}

/** What was there before a part of the graph was touched for the first time. */
class Footprint {
  readonly records = new Map<string, NodeRecord | undefined>()
  readonly lists = new Map<string | null, Ids | undefined>()
  readonly #view: View

  constructor(view: View) {
    this.#view = view
  }

  /** To be called before the changes are applied, or taken back. */
  of(changes: readonly Change[]): void {
    for (const change of changes) this.#one(change)
  }

  #one(change: Change): void {
    switch (change.type) {
      case 'node-added':
      case 'node-removed':
        this.#record(change.node.id)
        this.#list(change.node.id)
        this.#list(change.parent_id)
        break
      case 'node-moved':
        this.#record(change.node_id)
        this.#list(change.from.parent_id)
        this.#list(change.to.parent_id)
        break
      case 'property-set':
        this.#record(change.node_id)
        break
      case 'graph-replaced':
        this.#everything()
        for (const { id } of change.nodes) {
          this.#record(id)
          this.#list(id)
        }
        break
      default:
        change satisfies never
    }
  }

  #everything(): void {
    const { graph } = this.#view
    this.#list(null, graph.childrenOf(null))
    for (const id of graph.ids()) {
      this.#record(id)
      this.#list(id, graph.childrenOf(id))
    }
  }

  #record(id: string): void {
    if (!this.records.has(id)) this.records.set(id, this.#view.record(id))
  }

  #list(id: string | null, ids?: Ids): void {
    if (this.lists.has(id)) return
    const { graph } = this.#view
    const short = graph.childCount(id) <= SHORT ? graph.childrenOf(id) : undefined
    this.lists.set(id, this.#view.given(id) ?? ids ?? short)
  }
}

export type { Footprint }

/** Records and lists are JSON; what an absent field holds is no value either way. */
function isSame(a: NodeRecord | Ids | undefined, b: NodeRecord | Ids | undefined): boolean {
  return sameJson(a as JsonValue | undefined, b as JsonValue | undefined)
}

/**
 * What the application sees of a graph. What is equal stays the same object, also when predictions
 * were taken back and made again in between, or the whole graph was fetched anew.
 */
export class View {
  graph = ProjectGraph.empty()
  blueprint: Blueprint | null = null
  /** Objects that were shown and equal those of the graph. */
  readonly #records = new Map<string, NodeRecord>()
  /** Lists that somebody has read. */
  readonly #lists = new Map<string | null, Ids>()

  record(id: string): NodeRecord | undefined {
    return this.#records.get(id) ?? this.graph.record(id)
  }

  childrenOf(id: string | null): Ids {
    const known = this.#lists.get(id)
    if (known) return known
    const list = this.graph.childrenOf(id)
    if (list.length > 0) this.#lists.set(id, list)
    return list
  }

  /** The list as somebody has read it. */
  given(id: string | null): Ids | undefined {
    return this.#lists.get(id)
  }

  /** Does work that leaves a footprint, and says what differs after it. */
  change(work: (footprint: Footprint) => void): GraphChange {
    const footprint = new Footprint(this)
    try {
      work(footprint)
    } finally {
      for (const id of footprint.records.keys()) this.#records.delete(id)
    }
    const nodes = new Set<string>()
    for (const [id, before] of footprint.records) if (!this.#keep(id, before)) nodes.add(id)
    const lists = new Set<string | null>()
    for (const [id, before] of footprint.lists) if (!this.#keepList(id, before)) lists.add(id)
    return { nodes, lists }
  }

  /** Whether the node is as before; if so, it also stays the same object. */
  #keep(id: string, before: NodeRecord | undefined): boolean {
    const after = this.graph.record(id)
    if (before === after) return true
    if (!isSame(before, after)) return false
    if (before) this.#records.set(id, before)
    return true
  }

  #keepList(id: string | null, before: Ids | undefined): boolean {
    // Of a long list that nobody has read nobody knows how it was.
    const same = before !== undefined && this.#isList(id, before)
    if (!same) this.#lists.delete(id)
    return same
  }

  #isList(id: string | null, before: Ids): boolean {
    const { graph } = this
    // Most changes of a list change its length: no need to look at all of it.
    return graph.childCount(id) === before.length && isSame(before, graph.childrenOf(id))
  }
}
