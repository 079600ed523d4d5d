import type { Change, NodeMoved, NodeRemoved } from '@talus/protocol'
import type { NodeRecord } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import type { RevertibleChange } from './stamps.js'
import type { Run, Tombstone } from './tombstones.js'

type Left = NodeRemoved | NodeMoved

function standing(change: Left): NodeMoved['from'] {
  return change.type === 'node-moved' ? change.from : change
}

/** The last of the positions, which are in order, that is less; -1: there is none. */
function lastBefore(positions: readonly number[], position: number): number {
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((positions[middle] ?? 0) < position) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The tombstones of a run, and those that nodes have returned to. */
class Row {
  readonly #positions: ReadonlyMap<Tombstone, number>
  readonly #tombstones: readonly Tombstone[]
  readonly #taken: number[] = []

  constructor({ tombstones }: Run) {
    this.#tombstones = tombstones
    this.#positions = new Map(tombstones.map((tombstone, at) => [tombstone, at]))
  }

  /** The nearest node before a tombstone that has returned. */
  before(tombstone: Tombstone): string | undefined {
    const position = this.#positions.get(tombstone) ?? 0
    const at = this.#taken[lastBefore(this.#taken, position)]
    return at === undefined ? undefined : this.#tombstones[at]?.node_id
  }

  take(tombstone: Tombstone): void {
    const position = this.#positions.get(tombstone) ?? 0
    this.#taken.splice(lastBefore(this.#taken, position) + 1, 0, position)
  }

  leave(tombstone: Tombstone): void {
    const position = this.#positions.get(tombstone) ?? -1
    const at = lastBefore(this.#taken, position) + 1
    if (this.#taken[at] === position) this.#taken.splice(at, 1)
  }
}

type Departure = { parent_id: string | null; after: string | null }

/**
 * Where the nodes of one step go back to, while a plan takes it back (rule ORD2). Follows what the
 * plan does, as the tombstones themselves only follow what is durable.
 */
export class Places {
  readonly #tombstones = new Map<RevertibleChange, Tombstone>()
  readonly #rows = new Map<Run, Row>()
  readonly #returned = new Map<string, Tombstone>()
  readonly #left = new Map<string, Departure>()

  /** `changes` are those of the entry, `tombstones` what it left. */
  constructor(changes: readonly RevertibleChange[], tombstones: readonly Tombstone[]) {
    for (const tombstone of tombstones) {
      const change = changes[tombstone.change]
      if (change && !tombstone.isDead) this.#tombstones.set(change, tombstone)
    }
  }

  /** The plan takes nodes from where they stand. */
  *follow(changes: readonly Change[]): Steps<void> {
    for (const [n, change] of changes.entries()) {
      if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
      if (change.type === 'node-moved') this.leave(change.node_id, change.from)
      else if (change.type === 'node-removed') this.leave(change.node.id, change)
    }
  }

  /** A node leaves: what stood behind it stands behind the one before it now. */
  leave(
    node_id: string,
    { parent_id, after }: { parent_id: string | null; after?: string | undefined },
  ): void {
    this.#left.set(node_id, { parent_id, after: after ?? null })
    const place = this.#returned.get(node_id)
    if (!place) return
    this.#returned.delete(node_id)
    this.#rowOf(place).leave(place)
  }

  /** The index that a node returns to, counted without itself; from now on it stands there. */
  indexFor(graph: ProjectGraph, change: Left, moving?: NodeRecord): number {
    const { parent_id, index } = standing(change)
    const isInside = moving !== undefined && moving.parent_id === parent_id
    const last = graph.childCount(parent_id) - (isInside ? 1 : 0)
    const sibling = this.#siblingBefore(graph, change, moving?.id)
    if (sibling === undefined) return Math.min(index, last)
    if (sibling === null) return 0
    const at = graph.indexOf(sibling) + 1
    return isInside && graph.indexOf(moving.id) < at ? at - 1 : at
  }

  /** The sibling to stand behind; null: none, it is the first; undefined: nobody knows. */
  #siblingBefore(graph: ProjectGraph, change: Left, own?: string): string | null | undefined {
    const { parent_id, after } = standing(change)
    const isThere = (id: string) => id !== own && graph.record(id)?.parent_id === parent_id
    const said = after !== undefined && isThere(after) ? after : undefined
    const place = this.#tombstones.get(change)
    if (!place) return said
    const row = this.#rowOf(place)
    const returned = row.before(place)
    row.take(place)
    this.#returned.set(place.node_id, place)
    let at: string | null | undefined = returned ?? place.run.anchor
    const passed = new Set<string>()
    while (typeof at === 'string' && !isThere(at)) {
      at = passed.has(at) ? undefined : this.#beforeLeft(at, parent_id)
      if (at) passed.add(at)
    }
    return at === undefined ? said : at
  }

  /** The sibling before a node when the plan took it from this list. */
  #beforeLeft(node_id: string, parent_id: string | null): string | null | undefined {
    const departure = this.#left.get(node_id)
    return departure?.parent_id === parent_id ? departure.after : undefined
  }

  #rowOf({ run }: Tombstone): Row {
    const known = this.#rows.get(run)
    if (known) return known
    const row = new Row(run)
    this.#rows.set(run, row)
    return row
  }
}
