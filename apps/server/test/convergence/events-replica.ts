import { sameJson } from '@talus/graph'
import type { GraphState, JsonValue, Node } from '@talus/protocol'
import type { Received } from '../harness.js'
import type { Reach } from './changes-replica.js'

/** What granular events tell of a node: on `/graph` there is no more. */
export type Sketch = Pick<
  Node,
  'id' | 'blueprint_type_id' | 'name' | 'parent_id' | 'properties'
> & {
  children: string[]
}

type Payload = Received['payload']

/** Events that end an entry, if they have a `seq`. */
const CLOSING = new Set(['command:executed', 'command:undo', 'command:redo', 'project:loaded'])

/**
 * A tree that follows the granular events of either namespace and nothing else; it fetches the
 * graph when it connects and when it is told to.
 */
export class EventsReplica {
  readonly #reach: Reach
  /** Whole nodes on `/`, sketches on `/graph`. */
  #nodes = new Map<string, Sketch>()
  #roots: string[] = []
  #seq = 0
  #fetching: { waiting: Received[]; done: Promise<void> } | undefined

  constructor(reach: Reach) {
    this.#reach = reach
  }

  get seq(): number {
    return this.#seq
  }

  node(id: string): Sketch | undefined {
    return this.#nodes.get(id)
  }

  get roots(): readonly string[] {
    return this.#roots
  }

  get size(): number {
    return this.#nodes.size
  }

  async settled(): Promise<void> {
    await this.#fetching?.done
  }

  cutOff(): void {
    this.#fetching = undefined
  }

  /** On `/graph` nobody says `joined`: being connected is being in. */
  connected(): void {
    this.#fetch(0)
  }

  hear(received: Received): void {
    const { event, payload } = received
    if (event === 'joined') return this.#fetch(Number(payload['seq']))
    if (event === 'resync:required') return this.#fetch(Number(payload['seq']))
    if (this.#fetching) this.#fetching.waiting.push(received)
    else this.#take(received)
  }

  #take({ event, payload }: Received): void {
    const { seq } = payload
    if (typeof seq !== 'number' || seq <= this.#seq) return
    if (seq > this.#seq + 1) throw new Error(`Between ${this.#seq} and ${seq} something is missing`)
    this.#apply(event.replace(/^graph:/, ''), payload)
    if (CLOSING.has(event)) this.#seq = seq
  }

  #apply(event: string, payload: Payload): void {
    switch (event) {
      case 'node-created':
        return this.#create(payload)
      case 'node-deleted':
        return this.#delete(payload)
      case 'node-linked':
        return this.#link(payload)
      case 'node-unlinked':
        return this.#unlink(payload)
      case 'root-moved':
        return this.#moveRoot(payload)
      case 'property-changed':
        return this.#write(payload, payload['new_value'] as JsonValue)
      case 'property-deleted':
        return this.#write(payload, undefined)
      case 'project:loaded':
        return this.#replace((payload['graph'] as GraphState).nodes)
      default:
      // Of the life of commands the graph knows nothing.
    }
  }

  #create(payload: Payload): void {
    const { node = { ...payload, id: payload['node_id'] }, index } = payload
    const created = { ...(node as Sketch), children: [] }
    if (this.#nodes.has(created.id)) throw new Error(`'${created.id}' is created a second time`)
    this.#nodes.set(created.id, created)
    this.#insert(created.parent_id, created.id, index)
  }

  #delete(payload: Payload): void {
    const top = this.#known(payload['node_id'])
    const gone = this.#below(top)
    const told = new Set(payload['deleted_ids'] as string[])
    if (gone.length !== told.size || !gone.every((id) => told.has(id))) {
      throw new Error(`'${top.id}' goes with ${told.size} nodes, but has ${gone.length}`)
    }
    this.#takeOut(top.parent_id, top.id)
    for (const id of gone) this.#nodes.delete(id)
  }

  #link(payload: Payload): void {
    const child = this.#known(payload['child_id'])
    if (child.parent_id !== null) throw new Error(`'${child.id}' is linked, but has a parent`)
    this.#takeOut(null, child.id)
    child.parent_id = String(payload['parent_id'])
    this.#insert(child.parent_id, child.id, payload['index'])
  }

  #unlink(payload: Payload): void {
    const child = this.#known(payload['child_id'])
    if (child.parent_id !== payload['parent_id']) {
      throw new Error(`'${child.id}' is not below '${String(payload['parent_id'])}'`)
    }
    this.#takeOut(child.parent_id, child.id)
    child.parent_id = null
    // Without an index it is linked next.
    this.#insert(null, child.id, payload['index'] ?? this.#roots.length)
  }

  #moveRoot(payload: Payload): void {
    const { id } = this.#known(payload['node_id'])
    this.#takeOut(null, id)
    this.#insert(null, id, payload['index'])
  }

  #write(payload: Payload, value: JsonValue | undefined): void {
    const node = this.#known(payload['node_id'])
    const property_id = String(payload['property_id'])
    const before = property_id === 'name' ? node.name : ownValue(node, property_id)
    if (!sameJson(before ?? null, payload['old_value'] as JsonValue)) {
      throw new Error(`'${property_id}' of '${node.id}' had another value before`)
    }
    if (property_id === 'name') node.name = value as string
    // Where a file kept the name among the properties, it is shown there as well.
    if (property_id === 'name' && !Object.hasOwn(node.properties, 'name')) return
    const rest = Object.entries(node.properties).filter(([key]) => key !== property_id)
    const written = value === undefined ? rest : [...rest, [property_id, value] as const]
    node.properties = Object.fromEntries(written)
  }

  #listOf(parent_id: string | null): string[] {
    return parent_id === null ? this.#roots : this.#known(parent_id).children
  }

  #insert(parent_id: string | null, id: string, index: unknown): void {
    const list = this.#listOf(parent_id)
    if (typeof index !== 'number' || index > list.length) {
      throw new Error(`There is no place ${String(index)} below '${parent_id}'`)
    }
    list.splice(index, 0, id)
  }

  #takeOut(parent_id: string | null, id: string): void {
    const list = this.#listOf(parent_id)
    const index = list.indexOf(id)
    if (index < 0) throw new Error(`'${id}' is not among the children of '${parent_id}'`)
    list.splice(index, 1)
  }

  #below(top: Sketch): string[] {
    return [top.id, ...top.children.flatMap((id) => this.#below(this.#known(id)))]
  }

  #known(id: unknown): Sketch {
    const node = this.#nodes.get(String(id))
    if (!node) throw new Error(`An event is about '${String(id)}', which is not there`)
    return node
  }

  #replace(nodes: readonly Node[]): void {
    this.#nodes = new Map(nodes.map((node) => [node.id, { ...node, children: [...node.children] }]))
    this.#roots = nodes.filter((node) => node.parent_id === null).map((node) => node.id)
  }

  #fetch(min_seq: number): void {
    const waiting = this.#fetching?.waiting ?? []
    const fetching = { waiting, done: Promise.resolve() }
    this.#fetching = fetching
    fetching.done = this.#reach.graph(min_seq).then(
      (state) => {
        if (this.#fetching !== fetching) return
        this.#fetching = undefined
        this.#replace(state.nodes)
        this.#seq = state.seq
        for (const received of waiting) this.#take(received)
      },
      () => undefined,
    )
    fetching.done = fetching.done.catch(this.#reach.fault)
  }
}

function ownValue({ properties }: Sketch, key: string): JsonValue | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : undefined
}
