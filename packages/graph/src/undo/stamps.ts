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

/** The mark of a key. */
export function markOfKey(key: string): Mark {
  const blank = key.indexOf(' ')
  if (blank < 0) return { node_id: key, aspect: 'existence' }
  const node_id = key.slice(0, blank)
  return key[blank + 1] === '@'
    ? { node_id, aspect: 'place' }
    : { node_id, aspect: 'property', property_id: key.slice(blank + 2) }
}

/** A mark as a key of a map. Node ids hold no blanks; the shortest key is the most frequent. */
export function keyOf({ node_id, aspect, property_id }: Mark): string {
  if (aspect === 'existence') return node_id
  return aspect === 'place' ? `${node_id} @` : `${node_id} .${property_id}`
}

export function sameStamp(a: Stamp | undefined, b: Stamp | undefined): boolean {
  return a?.seq === b?.seq
}

export type SavedStamp = [seq: number, actor_id: string] | null

/**
 * The stamps of a node, as JSON in a JSON string: a large session has hundreds of thousands, and of
 * those hardly any is asked for after it is opened.
 */
export type SavedNode = [node_id: string, stamps: string]

type NodeText = [SavedStamp, SavedStamp, [property_id: string, SavedStamp][]]

export function saveStamp(stamp: Stamp | undefined): SavedStamp {
  return stamp ? [stamp.seq, stamp.actor_id] : null
}

export function loadStamp(saved: SavedStamp): Stamp | undefined {
  return saved ? { seq: saved[0], actor_id: saved[1] } : undefined
}

function saveNode({ existence, place, properties }: NodeStamps): string {
  const written = [...(properties ?? [])].map(([id, stamp]) => [id, saveStamp(stamp)])
  return JSON.stringify([saveStamp(existence), saveStamp(place), written])
}

function loadNode(text: string, era: number): NodeStamps {
  const [existence, place, properties] = JSON.parse(text) as NodeText
  const written = new Map<string, Stamp>()
  for (const [property_id, saved] of properties) {
    const stamp = loadStamp(saved)
    if (stamp) written.set(property_id, stamp)
  }
  return {
    era,
    existence: loadStamp(existence),
    place: loadStamp(place),
    properties: written.size > 0 ? written : undefined,
  }
}

/** The stamps of one node. They outlive it: a restored node has the writers that it had. */
type NodeStamps = {
  /** Written to only in the era in which it was made: a capture may hold it since. */
  readonly era: number
  existence: Stamp | undefined
  place: Stamp | undefined
  properties: Map<string, Stamp> | undefined
}

function* saved(nodes: readonly [string, NodeStamps | string][]): Generator<SavedNode> {
  for (const [node_id, stamps] of nodes) {
    yield [node_id, typeof stamps === 'string' ? stamps : saveNode(stamps)]
  }
}

/**
 * Who effectively wrote what: an undo brings back the writer from before, so what an undone step
 * had covered stands again. What has no stamp was there before anybody wrote.
 */
export class Stamps {
  /** Those that nobody has asked for are as they were saved. */
  readonly #nodes = new Map<string, NodeStamps | string>()
  #era = 0

  load([node_id, stamps]: SavedNode): void {
    this.#nodes.set(node_id, stamps)
  }

  /** The stamps as they are now, to be written out later; taking them only copies references. */
  capture(): Iterable<SavedNode> {
    this.#era += 1
    return saved([...this.#nodes])
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

  /** Who wrote where a node stands, and what it holds. */
  *written(node_id: string): Generator<[Mark, Stamp]> {
    const stamps = this.#find(node_id)
    if (stamps?.place) yield [{ node_id, aspect: 'place' }, stamps.place]
    for (const [property_id, stamp] of stamps?.properties ?? []) {
      yield [{ node_id, aspect: 'property', property_id }, stamp]
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
    if (typeof found !== 'string') return found
    const stamps = loadNode(found, this.#era)
    this.#nodes.set(node_id, stamps)
    return stamps
  }

  /** The stamps of a node, to be written to. */
  #of(node_id: string): NodeStamps {
    const found = this.#find(node_id)
    if (found?.era === this.#era) return found
    const era = this.#era
    const { existence, place } = found ?? {}
    const properties = found?.properties && new Map(found.properties)
    const stamps = { era, existence, place, properties }
    this.#nodes.set(node_id, stamps)
    return stamps
  }
}
