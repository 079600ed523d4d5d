import type { JsonObject } from '@talus/protocol'
import type { Request } from './requests.js'
import { fullParents, nodeId, type Shape } from './shape.js'

/** The commands whose cost is measured, in the order of the table. */
export const KINDS = [
  'CreateNode at the end',
  'CreateNode at the start',
  'CreateNode in the middle',
  'UpdateProperty',
  'MoveNode',
  'undo of a move',
  'DeleteNode of a leaf',
] as const

export type Kind = (typeof KINDS)[number]

/** After one round of this the graph has as many nodes as before, and its order. */
export const ROUND: readonly Kind[] = [...KINDS, 'DeleteNode of a leaf', 'DeleteNode of a leaf']

/** Prime, and larger than any step within a graph needs to be: spreads what is touched. */
const STRIDE = 7_919

/** Indexes of new nodes begin here. */
const FIRST_NEW = 1_000_000_000

/** Writes the commands of one session, none of which changes nothing. */
export class CommandScript {
  readonly #session_id: string
  readonly #shape: Shape
  #made = 0
  #deleted = 0
  #updated = 0

  constructor(session_id: string, shape: Shape) {
    this.#session_id = session_id
    this.#shape = shape
  }

  /** The next `count` commands of a kind. Undo follows as many moves, deletion what was created. */
  take(kind: Kind, count: number): Request[] {
    return Array.from({ length: count }, (_, i) => this.#request(kind, i))
  }

  #request(kind: Kind, i: number): Request {
    switch (kind) {
      case 'CreateNode at the end':
        return this.#create(i, { at: 'end' })
      case 'CreateNode at the start':
        return this.#create(i, { at: 'start' })
      case 'CreateNode in the middle':
        return this.#create(i, { index: this.#shape.fanOut >> 1 })
      case 'UpdateProperty':
        return this.#update()
      case 'MoveNode':
        return this.#move(i)
      case 'undo of a move':
        return ['undo_command', { session_id: this.#session_id }]
      case 'DeleteNode of a leaf':
        return this.#execute('DeleteNode', { node_id: nodeId(FIRST_NEW + this.#deleted++) })
      default:
        return kind satisfies never
    }
  }

  #execute(command_type: string, data: JsonObject): Request {
    return ['execute_command', { session_id: this.#session_id, command_type, data }]
  }

  #parent(i: number): number {
    return (i * STRIDE) % fullParents(this.#shape)
  }

  #create(i: number, position: JsonObject): Request {
    const node_id = nodeId(FIRST_NEW + this.#made++)
    const parent_id = nodeId(this.#parent(i))
    const named = { blueprint_type_id: 'task', name: `New ${i}`, node_id, parent_id }
    return this.#execute('CreateNode', { ...named, position, properties: { status: 'open' } })
  }

  #update(): Request {
    const n = this.#updated++
    const node_id = nodeId((n * STRIDE) % this.#shape.nodes)
    return this.#execute('UpdateProperty', {
      node_id,
      property_id: 'note',
      new_value: `again ${n}`,
    })
  }

  /** Each time another child: from the far half of its siblings to their start, or the reverse. */
  #move(i: number): Request {
    const { fanOut } = this.#shape
    const parent = this.#parent(i)
    const turn = Math.floor(i / fullParents(this.#shape))
    const child = ((fanOut >> 1) + turn * STRIDE) % fanOut
    const node_id = nodeId(parent * fanOut + 1 + child)
    const at = child < fanOut / 2 ? 'end' : 'start'
    return this.#execute('MoveNode', { node_id, parent_id: nodeId(parent), position: { at } })
  }
}
