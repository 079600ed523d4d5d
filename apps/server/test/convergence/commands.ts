import type { Dealer } from './dealer.js'
import type { Rehearsal } from './rehearsal.js'

export type Sent = { command_type: string; data: unknown }

/** What may be written: types, properties and values that a template knows, or any. */
export type Vocabulary = {
  types: string[]
  properties: string[]
  values: unknown[]
  /** Whether entries may be larger than a message. */
  heavy: boolean
}

const VALUES = [null, 0, 1, -0.5, '', 'one', 'ünï', [1, [2]], { a: { b: null } }, true]

/** Two of these make an entry of more than the 1,000,000 bytes that a message may have. */
const HEAVY = ['h', 'k'].map((letter) => letter.repeat(520_000))

export const FREE: Vocabulary = {
  heavy: false,
  types: ['t'],
  properties: ['x', 'x', 'x', 'x', 'y', 'name', 'toString', 'constructor', 'a b'],
  values: VALUES,
}

export const FILM: Vocabulary = {
  heavy: false,
  types: ['shooting_day', 'scene', 'shot', 'shot', 'task', 'crew', 'crew_member', 'camera', 'film'],
  properties: ['name', 'status', 'seconds', 'done', 'cost', 'setting', 'pages', 'nothing'],
  values: ['planned', 'reshoot', 'interior', 5, '7', true, false, '', 'Anna', null, ['f']],
}

const WEIGHTS = {
  CreateNode: 26,
  UpdateProperty: 20,
  DeleteProperty: 4,
  MoveNode: 16,
  LinkNode: 6,
  UnlinkNode: 5,
  DeleteNode: 6,
  Batch: 7,
  broken: 3,
}

const ALIASES = new Set(['CreateNode', 'MoveNode', 'Batch'])

/** Random commands about the nodes that a rehearsal has, had, or never had. */
export class Commands {
  readonly #dealer: Dealer
  readonly #rehearsal: Rehearsal
  readonly #vocabulary: Vocabulary
  #fresh = 0

  constructor(dealer: Dealer, rehearsal: Rehearsal, vocabulary: Vocabulary) {
    this.#dealer = dealer
    this.#rehearsal = rehearsal
    this.#vocabulary = vocabulary
  }

  next(): Sent {
    if (this.#vocabulary.heavy && this.#dealer.chance(4)) return this.#heavy()
    const few = this.#rehearsal.graph.size < 6 && this.#dealer.chance(60)
    const type = few ? 'CreateNode' : this.#dealer.weighed(WEIGHTS)
    if (type === 'broken') return this.#broken()
    const data = type === 'Batch' ? this.#batch() : this.#simple(type)
    const alias = ALIASES.has(type) && this.#dealer.chance(10)
    return { command_type: alias ? `${type}Command` : type, data }
  }

  #simple(type: Exclude<keyof typeof WEIGHTS, 'Batch' | 'broken'>): object {
    const dealer = this.#dealer
    const { properties, values } = this.#vocabulary
    const node_id = this.#someone()
    switch (type) {
      case 'CreateNode':
        return this.#creation()
      case 'UpdateProperty': {
        const data = {
          node_id,
          property_id: dealer.pick(properties),
          new_value: dealer.pick(values),
        }
        return dealer.chance(10) ? { ...data, old_value: dealer.pick(values) } : data
      }
      case 'DeleteProperty':
        return { node_id, property_id: dealer.pick(properties) }
      case 'MoveNode':
        return { node_id, ...this.#place(dealer.chance(40) ? this.#parentOf(node_id) : undefined) }
      case 'LinkNode': {
        const { parent_id, ...rest } = this.#place()
        return { child_id: this.#root(), parent_id: parent_id ?? this.#someone(), ...rest }
      }
      case 'UnlinkNode':
        return { child_id: node_id, parent_id: this.#parentOf(node_id) ?? this.#someone() }
      case 'DeleteNode':
        return { node_id: this.#victim() }
      default:
        return type satisfies never
    }
  }

  #creation(): object {
    const dealer = this.#dealer
    const { types, values } = this.#vocabulary
    const chosen = this.#newId()
    return {
      blueprint_type_id: dealer.pick(types),
      ...this.#place(),
      ...(chosen === undefined ? {} : { node_id: chosen }),
      ...(dealer.chance(60) ? { name: `N ${dealer.below(50)}` } : {}),
      ...(types === FREE.types && dealer.chance(40)
        ? { properties: { x: dealer.pick(values) } }
        : {}),
    }
  }

  /** Mostly a new one; else taken, of a deleted node, of another case, or left to the server. */
  #newId(): string | undefined {
    const dealer = this.#dealer
    const retired = [...this.#rehearsal.graph.retired()].map(([id]) => id)
    if (dealer.chance(76)) return `n${(this.#fresh += 1)}`
    if (dealer.chance(40)) return undefined
    if (dealer.chance(50) && retired.length > 0) return dealer.pick(retired)
    const taken = this.#someone()
    return dealer.chance(50) ? taken.toUpperCase() : taken
  }

  #batch(): object {
    const dealer = this.#dealer
    const first = `n${(this.#fresh += 1)}`
    const create = { ...this.#creation(), node_id: first }
    const inside = { ...this.#creation(), node_id: `n${(this.#fresh += 1)}`, parent_id: first }
    const commands: Sent[] = [
      { command_type: 'CreateNode', data: create },
      { command_type: 'CreateNode', data: inside },
      { command_type: 'MoveNode', data: { node_id: this.#someone(), parent_id: first } },
    ]
    for (let more = dealer.below(4); more > 0; more -= 1) {
      const type = dealer.pick(['UpdateProperty', 'MoveNode', 'DeleteNode', 'UnlinkNode'] as const)
      commands.push({ command_type: type, data: this.#simple(type) })
    }
    const kept = commands.filter((_, i) => i === 0 || dealer.chance(70))
    return dealer.chance(30) ? { commands: kept, label: 'Several' } : { commands: kept }
  }

  #heavy(): Sent {
    const [node_id] = this.#ids()
    const data = { node_id, property_id: 'x', new_value: this.#dealer.pick(HEAVY) }
    return { command_type: 'UpdateProperty', data }
  }

  /** What no planner is asked about. */
  #broken(): Sent {
    const batch = { command_type: 'Batch', data: { commands: [] } }
    return this.#dealer.pick([
      { command_type: 'Explode', data: {} },
      { command_type: 'CreateNode', data: { blueprint_type_id: 7 } },
      { command_type: 'MoveNode', data: { node_id: this.#someone(), parent_id: null, to: 3 } },
      {
        command_type: 'UpdateProperty',
        data: { node_id: '../etc', property_id: 'x', new_value: 1 },
      },
      { command_type: 'Batch', data: { commands: [batch] } },
    ])
  }

  #place(under?: string | null): { parent_id: string | null; position?: object } {
    const dealer = this.#dealer
    const isRoot = dealer.chance(15) || this.#rehearsal.graph.size === 0
    const parent_id = under === undefined ? (isRoot ? null : this.#someone()) : under
    if (dealer.chance(35)) return { parent_id }
    const sibling = this.#rehearsal.graph.childrenOf(parent_id)
    const anchor = sibling.length > 0 && dealer.chance(85) ? dealer.pick(sibling) : this.#someone()
    const position = dealer.pick([
      { at: 'start' },
      { at: 'end' },
      { before: anchor },
      { after: anchor },
      { index: dealer.below(5) },
    ])
    return { parent_id, position }
  }

  /** Mostly a node that is there, rather one of a few, so that everybody meets. */
  #someone(): string {
    const dealer = this.#dealer
    const ids = this.#ids()
    if (dealer.chance(4) || ids.length === 0) return 'nobody'
    const [retired] = [...this.#rehearsal.graph.retired()].slice(-1 - dealer.below(5))
    if (retired && dealer.chance(4)) return retired[0]
    return dealer.pick(dealer.chance(60) ? ids.slice(0, 5) : ids)
  }

  /** Those whose ids the server makes are others in truth. */
  #ids(): string[] {
    return [...this.#rehearsal.graph.ids()].filter((id) => !id.startsWith('made-'))
  }

  #root(): string {
    const roots = this.#rehearsal.graph.roots().filter((id) => !id.startsWith('made-'))
    return roots.length > 0 && this.#dealer.chance(80) ? this.#dealer.pick(roots) : this.#someone()
  }

  #parentOf(id: string): string | null {
    return this.#rehearsal.graph.record(id)?.parent_id ?? null
  }

  /** Mostly something small: else little would be left to play with. */
  #victim(): string {
    const small = this.#ids().filter((id) => this.#rehearsal.graph.childCount(id) < 2)
    return small.length > 0 && this.#dealer.chance(85) ? this.#dealer.pick(small) : this.#someone()
  }
}
