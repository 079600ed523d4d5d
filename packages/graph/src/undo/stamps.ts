import type { Change, NodeAdded, NodeMoved, NodeRemoved, PropertySet } from '@talus/protocol'

/** Who wrote something last, and with which entry; `seq` tells stamps apart. */
export type Stamp = {
  readonly seq: number
  readonly actor_id: string
  /** An undo left nobody's work behind: it took away what nobody had made before. */
  readonly isUndo?: true
  /** Of what an undo or a redo wrote beside its step, or by force: the `seq` of the step. */
  readonly step?: number
}

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

export function later(a: Stamp | undefined, b: Stamp | undefined): Stamp | undefined {
  return a && b && b.seq < a.seq ? a : (b ?? a)
}

/** The last of the stamps that are not the actor's own. */
export function lastForeign(actor_id: string, stamps: Iterable<Stamp | undefined>) {
  let last: Stamp | undefined
  for (const stamp of stamps) if (stamp && stamp.actor_id !== actor_id) last = later(last, stamp)
  return last
}

export type SavedStamp = [seq: number, actor_id: string, isUndo?: 0 | 1, step?: number] | null

/**
 * The stamps of a node, as JSON in a JSON string: a large session has hundreds of thousands, and of
 * those hardly any is asked for after it is opened.
 */
export type SavedNode = [node_id: string, stamps: string]

type SavedMap = [key: string, SavedStamp][]

/** The last part is there where an undo or a redo has brought back an earlier writer. */
type NodeText = [SavedStamp, SavedStamp, properties: SavedMap, turned?: SavedMap]

export function saveStamp(stamp: Stamp | undefined): SavedStamp {
  if (!stamp) return null
  const { seq, actor_id, isUndo, step } = stamp
  if (step !== undefined) return [seq, actor_id, isUndo ? 1 : 0, step]
  return isUndo ? [seq, actor_id, 1] : [seq, actor_id]
}

export function loadStamp(saved: SavedStamp): Stamp | undefined {
  if (!saved) return undefined
  const [seq, actor_id, isUndo, step] = saved
  return { seq, actor_id, ...(isUndo && { isUndo: true }), ...(step !== undefined && { step }) }
}

function saveMap(stamps: Map<string, Stamp> | undefined): SavedMap {
  return Array.from(stamps ?? [], ([key, stamp]) => [key, saveStamp(stamp)])
}

function loadMap(saved: SavedMap | undefined): Map<string, Stamp> | undefined {
  const stamps = new Map<string, Stamp>()
  for (const [key, text] of saved ?? []) {
    const stamp = loadStamp(text)
    if (stamp) stamps.set(key, stamp)
  }
  return stamps.size > 0 ? stamps : undefined
}

function saveNode({ existence, place, properties, turned }: NodeStamps): string {
  const parts = [saveStamp(existence), saveStamp(place), saveMap(properties)]
  return JSON.stringify(turned ? [...parts, saveMap(turned)] : parts)
}

function loadNode(text: string, era: number): NodeStamps {
  const [existence, place, properties, turned] = JSON.parse(text) as NodeText
  return {
    era,
    existence: loadStamp(existence),
    place: loadStamp(place),
    properties: loadMap(properties),
    turned: loadMap(turned),
  }
}

/** The stamps of one node. They outlive it: a restored node has the writers that it had. */
type NodeStamps = {
  /** Written to only in the era in which it was made: a capture may hold it since. */
  readonly era: number
  existence: Stamp | undefined
  place: Stamp | undefined
  properties: Map<string, Stamp> | undefined
  /** The undos and redos that brought these writers back, by aspect. */
  turned: Map<string, Stamp> | undefined
}

/** The key of a mark within its node. */
function aspectKey({ aspect, property_id = '' }: Mark): string {
  if (aspect === 'existence') return ''
  return aspect === 'place' ? '@' : `.${property_id}`
}

function* saved(
  ids: readonly string[],
  nodes: readonly (NodeStamps | string)[],
): Generator<SavedNode> {
  for (const [n, node_id] of ids.entries()) {
    const stamps = nodes[n]
    if (stamps === undefined) continue
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
    return saved([...this.#nodes.keys()], [...this.#nodes.values()])
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

  /** `by`: the entry that brings an earlier writer back. */
  set(mark: Mark, stamp: Stamp | undefined, by?: Stamp): void {
    const { node_id, aspect, property_id = '' } = mark
    const stamps = this.#of(node_id)
    if (by && !sameStamp(by, stamp)) {
      stamps.turned ??= new Map()
      stamps.turned.set(aspectKey(mark), by)
    } else {
      stamps.turned?.delete(aspectKey(mark))
    }
    if (aspect !== 'property') {
      stamps[aspect] = stamp
    } else if (stamp) {
      stamps.properties ??= new Map()
      stamps.properties.set(property_id, stamp)
    } else {
      stamps.properties?.delete(property_id)
    }
  }

  /** The last entry that brought the node to where it is, undos and redos included. */
  arrival(node_id: string): Stamp | undefined {
    const { existence, place, turned } = this.#find(node_id) ?? {}
    return later(turned?.get('') ?? existence, turned?.get('@') ?? place)
  }

  /** The last entry that moved the node, or made it anew; undos and redos included. */
  mover(node_id: string): Stamp | undefined {
    const { place, turned } = this.#find(node_id) ?? {}
    return turned?.get('@') ?? place
  }

  /** The last entry for each property that was written, undos and redos included. */
  *editors(node_id: string): Generator<[property_id: string, Stamp]> {
    const { properties, turned } = this.#find(node_id) ?? {}
    for (const [property_id, stamp] of properties ?? []) {
      if (!turned?.has(`.${property_id}`)) yield [property_id, stamp]
    }
    for (const [key, stamp] of turned ?? []) if (key[0] === '.') yield [key.slice(1), stamp]
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
    stamps.turned = undefined
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
    const turned = found?.turned && new Map(found.turned)
    const stamps = { era, existence, place, properties, turned }
    this.#nodes.set(node_id, stamps)
    return stamps
  }
}
