import type { Change, NodeAdded, NodeMoved, NodeRemoved, PropertySet } from '@talus/protocol'

/** Who wrote something last, and with which entry; `seq` tells stamps apart. */
export type Stamp = { readonly seq: number; readonly actor_id: string }

/** What a change writes: that a node exists, where it stands, or one of its properties. */
export type Mark = {
  readonly node_id: string
  readonly aspect: 'existence' | 'place' | 'property'
  readonly property_id?: string
}

export type RevertibleChange = NodeAdded | NodeMoved | NodeRemoved | PropertySet

export function isRevertible(change: Change): change is RevertibleChange {
  return change.type !== 'graph-replaced'
}

export function markOf(change: RevertibleChange): Mark {
  switch (change.type) {
    case 'node-added':
    case 'node-removed':
      return { node_id: change.node.id, aspect: 'existence' }
    case 'node-moved':
      return { node_id: change.node_id, aspect: 'place' }
    case 'property-set':
      return { node_id: change.node_id, aspect: 'property', property_id: change.property_id }
    default:
      return change satisfies never
  }
}

/** A mark as a key of a map. Node ids hold no blanks; the shortest key is the most frequent. */
export function keyOf({ node_id, aspect, property_id }: Mark): string {
  if (aspect === 'existence') return node_id
  return aspect === 'place' ? `${node_id} @` : `${node_id} .${property_id}`
}

export function sameStamp(a: Stamp | undefined, b: Stamp | undefined): boolean {
  return a?.seq === b?.seq
}

/** A stamp, and the stamps of a node, as JSON. */
export type SavedStamp = [seq: number, actor_id: string] | null
export type SavedNode = [
  id: string,
  existence: SavedStamp,
  place: SavedStamp,
  properties: [string, SavedStamp][],
]

export function saveStamp(stamp: Stamp | undefined): SavedStamp {
  return stamp ? [stamp.seq, stamp.actor_id] : null
}

export function loadStamp(saved: SavedStamp): Stamp | undefined {
  return saved ? { seq: saved[0], actor_id: saved[1] } : undefined
}

function saveNode(id: string, { existence, place, properties }: NodeStamps): SavedNode {
  const saved = [...(properties ?? [])].map(
    ([property_id, stamp]) => [property_id, saveStamp(stamp)] as [string, SavedStamp],
  )
  return [id, saveStamp(existence), saveStamp(place), saved]
}

function loadNode([, existence, place, properties]: SavedNode): NodeStamps {
  const written = new Map<string, Stamp>()
  for (const [property_id, saved] of properties) {
    const stamp = loadStamp(saved)
    if (stamp) written.set(property_id, stamp)
  }
  return {
    existence: loadStamp(existence),
    place: loadStamp(place),
    properties: written.size > 0 ? written : undefined,
  }
}

/** The stamps of one node. They outlive it: a restored node has the writers that it had. */
type NodeStamps = {
  existence: Stamp | undefined
  place: Stamp | undefined
  properties: Map<string, Stamp> | undefined
}

/**
 * Who effectively wrote what: an undo brings back the writer from before, so what an undone step
 * had covered stands again. What has no stamp was there before anybody wrote.
 */
export class Stamps {
  readonly #nodes = new Map<string, NodeStamps | SavedNode>()

  /** Most nodes of a session that is opened are not asked for: it is read when one is. */
  load(saved: SavedNode): void {
    this.#nodes.set(saved[0], saved)
  }

  /** As they are saved; those that nobody has asked for are as they were loaded. */
  *saved(): Generator<SavedNode> {
    for (const [node_id, stamps] of this.#nodes) {
      yield Array.isArray(stamps) ? stamps : saveNode(node_id, stamps)
    }
  }

  existence(node_id: string): Stamp | undefined {
    return this.#find(node_id)?.existence
  }

  place(node_id: string): Stamp | undefined {
    return this.#find(node_id)?.place
  }

  properties(node_id: string): ReadonlyMap<string, Stamp> | undefined {
    return this.#find(node_id)?.properties
  }

  get({ node_id, aspect, property_id = '' }: Mark): Stamp | undefined {
    const stamps = this.#find(node_id)
    return aspect === 'property' ? stamps?.properties?.get(property_id) : stamps?.[aspect]
  }

  set({ node_id, aspect, property_id = '' }: Mark, stamp: Stamp | undefined): void {
    const stamps = this.#of(node_id)
    if (aspect !== 'property') {
      stamps[aspect] = stamp
    } else if (stamp) {
      stamps.properties ??= new Map()
      stamps.properties.set(property_id, stamp)
    } else {
      stamps.properties?.delete(property_id)
    }
  }

  /** A node is made anew: where it stands and what it holds is the work of one entry. */
  begin(node_id: string, stamp: Stamp): void {
    const stamps = this.#of(node_id)
    stamps.place = stamp
    stamps.properties = undefined
  }

  clear(): void {
    this.#nodes.clear()
  }

  #find(node_id: string): NodeStamps | undefined {
    const found = this.#nodes.get(node_id)
    if (!Array.isArray(found)) return found
    const stamps = loadNode(found)
    this.#nodes.set(node_id, stamps)
    return stamps
  }

  #of(node_id: string): NodeStamps {
    let stamps = this.#find(node_id)
    if (!stamps) {
      stamps = { existence: undefined, place: undefined, properties: undefined }
      this.#nodes.set(node_id, stamps)
    }
    return stamps
  }
}
