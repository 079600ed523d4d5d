import fc from 'fast-check'
import type { JsonValue } from '@talus/protocol'
import { NOW, Session } from './session.js'

/** A step of a random session. Numbers choose among what is there when the step runs. */
export type Move = {
  actor: number
  what: (typeof KINDS)[number]
  a: number
  b: number
  value: JsonValue
}

const KINDS = [
  'create',
  'create',
  'create',
  'set',
  'set',
  'unset',
  'rename',
  'move',
  'move',
  'reorder',
  'link',
  'unlink',
  'delete',
  'batch',
  'undo',
  'undo',
  'redo',
  'redo',
  'undo-any',
  'undo-forced',
  'redo-forced',
] as const

const ACTORS = ['ann', 'bob', 'cat', 'dan']
const PROPERTIES = ['x', 'x', 'toString']

export const moves = (maxLength: number): fc.Arbitrary<Move[]> =>
  fc.array(
    fc.record({
      actor: fc.nat(3),
      what: fc.constantFrom(...KINDS),
      a: fc.nat(1_000),
      b: fc.nat(1_000),
      value: fc.constantFrom<JsonValue>(null, 0, 1, 'one', [1], { a: 1 }),
    }),
    { minLength: 5, maxLength, size: 'max' },
  )

/** A session that begins with an imported forest: a(b(c), d), e(f). */
export function openSession(): Session {
  const session = new Session()
  const parents = { a: null, b: 'a', c: 'b', d: 'a', e: null, f: 'e' }
  session.replace(
    Object.entries(parents).map(([id, parent_id]) => ({
      id,
      blueprint_type_id: 't',
      name: id,
      parent_id,
      children: [],
      properties: { x: 0 },
      created_at: NOW,
    })),
  )
  return session
}

function pick(session: Session, n: number): string {
  const ids = Array.from(session.graph.preorder(), (record) => record.id)
  // Mostly a few: actors who never meet prove nothing.
  const few = n % 4 === 0 ? ids.length : Math.min(ids.length, 6)
  return ids[n % few] ?? 'nobody'
}

function position(session: Session, { a, b }: Move): object {
  const anchor = pick(session, a + b)
  return (
    [{ at: 'start' }, { at: 'end' }, { before: anchor }, { after: anchor }, { index: a % 4 }][
      b % 5
    ] ?? {}
  )
}

type Sent = [type: string, data: object]

/** What a client would send for this move; often enough it is refused. */
export function commandOf(session: Session, move: Move): Sent {
  const { what, a, b, value } = move
  const node_id = pick(session, a)
  const other = b % 5 === 0 || session.graph.size === 0 ? null : pick(session, b)
  const property_id = PROPERTIES[b % PROPERTIES.length]
  switch (what) {
    case 'set':
      return ['UpdateProperty', { node_id, property_id, new_value: value }]
    case 'unset':
      return ['DeleteProperty', { node_id, property_id }]
    case 'rename':
      return ['UpdateProperty', { node_id, property_id: 'name', new_value: `name ${b % 3}` }]
    case 'move':
      return ['MoveNode', { node_id, parent_id: other, position: position(session, move) }]
    case 'reorder': {
      const parent_id = session.graph.record(node_id)?.parent_id ?? null
      return ['MoveNode', { node_id, parent_id, position: position(session, move) }]
    }
    case 'link':
      return ['LinkNode', { parent_id: pick(session, b), child_id: node_id }]
    case 'unlink':
      return [
        'UnlinkNode',
        { parent_id: session.graph.record(node_id)?.parent_id ?? 'none', child_id: node_id },
      ]
    case 'delete': {
      // Mostly leaves: otherwise little would be left to play with.
      const leaves = Array.from(session.graph.preorder(), (record) => record.id).filter(
        (id) => session.graph.childCount(id) === 0,
      )
      return ['DeleteNode', { node_id: b % 4 ? leaves[a % leaves.length] : node_id }]
    }
    case 'batch':
      return ['Batch', { commands: batchOf(session, move) }]
    case 'create':
    case 'undo':
    case 'redo':
    case 'undo-any':
    case 'undo-forced':
    case 'redo-forced':
      return [
        'CreateNode',
        { blueprint_type_id: 't', parent_id: other, position: position(session, move) },
      ]
  }
}

/** Commands that build on each other: some may be refused, and all with them. */
function batchOf(session: Session, move: Move) {
  const { a, b, value } = move
  const fresh = `batch${session.entries.length}`
  const sent: Sent[] = [
    [
      'CreateNode',
      { blueprint_type_id: 't', node_id: fresh, parent_id: b % 3 ? pick(session, b) : null },
    ],
    ['UpdateProperty', { node_id: fresh, property_id: 'x', new_value: value }],
    ['CreateNode', { blueprint_type_id: 't', node_id: `${fresh}b`, parent_id: fresh }],
    ['MoveNode', { node_id: pick(session, a), parent_id: fresh }],
    commandOf(session, { ...move, what: 'set' }),
    commandOf(session, { ...move, what: a % 3 ? 'reorder' : 'delete' }),
  ]
  const chosen = sent.filter((_, index) => index === 0 || (a + b + index) % 3 !== 0)
  return chosen.map(([command_type, data]) => ({ command_type, data }))
}

export function actorOf({ actor }: Move, actors: number): string {
  return ACTORS[actor % actors] ?? 'ann'
}

const TURNS: Partial<Record<Move['what'], (session: Session, actor: string) => unknown>> = {
  undo: (session, actor) => session.undo(actor),
  redo: (session, actor) => session.redo(actor),
  'undo-any': (session, actor) => session.undo(actor, { scope: 'session' }),
  'undo-forced': (session, actor) => session.undo(actor, { force: true }),
  'redo-forced': (session, actor) => session.redo(actor, { force: true }),
}

/** Runs one move; refusals are part of the game, thrown errors are not. */
export function run(session: Session, move: Move, actors: number): void {
  const actor = actorOf(move, actors)
  const turn = TURNS[move.what]
  if (turn) turn(session, actor)
  else session.try(actor, ...commandOf(session, move))
}
