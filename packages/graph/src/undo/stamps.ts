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

/** The stamps of one node. They outlive it: a restored node has the writers that it had. */
export type NodeStamps = {
  existence: Stamp | undefined
  place: Stamp | undefined
  properties: Map<string, Stamp> | undefined
}

/**
 * Who effectively wrote what: an undo brings back the writer from before, so what an undone step
 * had covered stands again. What has no stamp was there before anybody wrote.
 */
export class Stamps {
  readonly #nodes = new Map<string, NodeStamps>()

  entries(): Iterable<[string, NodeStamps]> {
    return this.#nodes.entries()
  }

  load(node_id: string, stamps: NodeStamps): void {
    this.#nodes.set(node_id, stamps)
  }

  existence(node_id: string): Stamp | undefined {
    return this.#nodes.get(node_id)?.existence
  }

  place(node_id: string): Stamp | undefined {
    return this.#nodes.get(node_id)?.place
  }

  properties(node_id: string): ReadonlyMap<string, Stamp> | undefined {
    return this.#nodes.get(node_id)?.properties
  }

  get({ node_id, aspect, property_id = '' }: Mark): Stamp | undefined {
    const stamps = this.#nodes.get(node_id)
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

  #of(node_id: string): NodeStamps {
    let stamps = this.#nodes.get(node_id)
    if (!stamps) {
      stamps = { existence: undefined, place: undefined, properties: undefined }
      this.#nodes.set(node_id, stamps)
    }
    return stamps
  }
}
