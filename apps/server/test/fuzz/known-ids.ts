import type { Dealer } from '../convergence/dealer.js'
import { HONEST_SESSION } from './honest.js'
import { HOSTILE_NAMES } from './hostile-json.js'

/** Ids that callers give are few, so that requests meet what earlier ones made. */
const GIVEN: Record<string, readonly string[]> = {
  session_id: ['s1', 's2', 's3'],
  project_id: ['none'],
  template_id: ['film-production', 'software-release', 'none'],
  link_id: ['none'],
  role: ['viewer', 'editor', 'owner'],
  actor_id: ['eve', 'bob', 'anonymous'],
  actor: ['eve', 'bob'],
  command_id: ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'],
  target_command_id: ['c1', 'c2', 'c3'],
  command_type: ['CreateNode', 'UpdateProperty', 'DeleteNode', 'Batch', 'MoveNodeCommand', 'none'],
  property_id: ['name', 'p0', 'p1', 'status'],
  expires_at: ['2999-01-01T00:00:00Z', '2001-01-01T00:00:00Z', '2999-99-99T99:99:99Z'],
  project_name: ['Pilot', 'Ünïcode 🎬'],
  template: [
    'node_types: []',
    'node_types: [{id: a, label: A}]',
    ': :',
    '&a [*a, *a]',
    '!!js/function x',
  ],
}

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5']

/** Of the ids that the server made, so many are remembered. */
const REMEMBERED = 12

/** Texts for fields, by their names: what was given before, what answers named, and what is odd. */
export class KnownIds {
  readonly #dealer: Dealer
  readonly #seen = new Map<string, string[]>()

  constructor(dealer: Dealer) {
    this.#dealer = dealer
  }

  textFor(field: string): string {
    if (this.#dealer.chance(3)) return this.#dealer.pick(HOSTILE_NAMES)
    const seen = this.#seen.get(field) ?? []
    if (seen.length > 0 && this.#dealer.chance(40)) return this.#dealer.pick(seen)
    return this.#dealer.pick(GIVEN[field] ?? NODES)
  }

  /** Remembers the ids that an answer names. */
  learn(body: string): void {
    for (const [, field = '', id = ''] of body.matchAll(
      /"(project_id|link_id|session_id)":"([^"]+)"/g,
    )) {
      const seen = this.#seen.get(field) ?? []
      // The session of those who must not be disturbed is not to be deleted.
      if (id === HONEST_SESSION || seen.includes(id) || GIVEN[field]?.includes(id)) continue
      this.#seen.set(field, [...seen, id].slice(-REMEMBERED))
    }
  }
}
