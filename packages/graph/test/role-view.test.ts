import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change, Entry, JsonObject, Node, Role, SearchQuery } from '@talus/protocol'
import { AccessRules, epochOf, ProjectGraph, search, type RoleView } from '../src/index.js'
import { NODES_PER_STEP } from '../src/steps.js'
import { ended } from './ended.js'
import { actorOf, commandOf, moves, openSession, type Move } from './random-session.js'
import { NOW, Session } from './session.js'
import { blueprintOf, rulesOf, Staff, STAFF } from './staff.js'

function viewOf(rules: AccessRules, role: Role): RoleView {
  const view = rules.viewOf(role)
  if (!view) throw new Error(`${role} sees everything`)
  return view
}

const node = (blueprint_type_id: string, properties: Node['properties'], more = {}): Node => ({
  id: 'n',
  blueprint_type_id,
  name: 'N',
  parent_id: null,
  children: [],
  properties,
  created_at: NOW,
  ...more,
})

test('[VIEW2] what a role sees of many nodes is made in steps', () => {
  const view = viewOf(rulesOf(blueprintOf(STAFF)), 'viewer')
  const COUNT = 50 * NODES_PER_STEP
  const nodes = Array.from({ length: COUNT }, (_, n) => node('person', { salary: n, phone: '1' }))
  const removed = nodes.map((each): Change => {
    return { type: 'node-removed', node: each, parent_id: null, index: 0 }
  })
  for (const changes of [removed, [{ type: 'graph-replaced', nodes } as const]]) {
    let steps = 0
    const seen = view.changesInSteps(changes)
    let step = seen.next()
    for (; !step.done; step = seen.next()) steps += 1
    expect(steps).toBe(50)
    expect(step.value).toEqual(view.changes(changes))
    expect(JSON.stringify(step.value)).not.toContain('salary')
  }
})

describe('what a role sees', () => {
  const rules = rulesOf(blueprintOf(STAFF))
  const all = { phone: '1', salary: 2, review: 'r', date: '2026-01-01', other: 'o' }

  test.each([
    ['viewer', 'person', ['phone', 'date', 'other']],
    ['editor', 'person', ['phone', 'review', 'date', 'other']],
    ['viewer', 'contract', ['date']],
    ['editor', 'contract', ['phone', 'salary', 'review', 'date', 'other']],
    ['editor', 'gone', []],
  ] as const)('[VIEW1] a %s, of a %s: %j', (role, type, keys) => {
    expect(Object.keys(viewOf(rules, role).node(node(type, all)).properties)).toEqual(keys)
  })

  test('[VIEW1] properties are known by id and by uuid, names always shown', () => {
    const blueprint = blueprintOf(STAFF)
    const type = blueprint.typeOf('person')
    const uuidOf = (id: string) => type?.property(id)?.uuid ?? ''
    const named = { [uuidOf('salary')]: 1, [uuidOf('name')]: 'N', name: 'N' }
    const seen = viewOf(rules, 'viewer').node(node(type?.uuid ?? '', named))
    expect(seen.properties).toEqual({ [uuidOf('name')]: 'N', name: 'N' })
    expect(viewOf(rules, 'viewer').node(node('gone', { name: 'N' })).properties).toEqual({
      name: 'N',
    })
  })

  test('[VIEW1] what a file wrote beside the properties goes with the type', () => {
    const imported = { metadata: { a: 1 }, extra: { b: 2 } }
    const view = viewOf(rules, 'viewer')
    expect(view.node(node('contract', {}, imported))).toEqual(node('contract', {}))
    expect(view.node(node('person', {}, imported))).toEqual(node('person', {}, imported))
  })

  test('[VIEW1] what has nothing to hide stays the same object', () => {
    const plain = node('plain', all)
    expect(viewOf(rules, 'viewer').node(plain)).toBe(plain)
  })

  test('[VIEW1] without a template that can be read, owners alone see properties', () => {
    expect(AccessRules.UNKNOWN.viewOf('owner')).toBeNull()
    expect(viewOf(AccessRules.UNKNOWN, 'editor').node(node('person', all)).properties).toEqual({})
  })

  test('[VIEW4] views that show the same have one name, others have others', () => {
    const name = (role: Role) => viewOf(rules, role).name
    expect(rules.viewOf('owner')).toBeNull()
    expect(name('commenter')).toBe(name('viewer'))
    expect(name('editor')).not.toBe(name('viewer'))
    const [person] = STAFF['node_types'] as JsonObject[]
    const other = rulesOf(
      blueprintOf({ node_types: [person ?? {}, { id: 'x', access: { see: 'owner' } }] }),
    )
    expect(viewOf(other, 'viewer').name).not.toBe(name('viewer'))
    expect(epochOf('e', null)).toBe('e')
    expect(epochOf('e', viewOf(rules, 'viewer'))).toBe(`e.${name('viewer')}`)
  })
})

describe('what a role sees of entries', () => {
  test('[VIEW2] an entry keeps its seq without its changes, and loses its label', () => {
    const staff = new Staff()
    staff.set('boss', 'ann', 'salary', 200)
    const [last] = staff.entries.slice(-1) as [Entry]
    const view = viewOf(staff.rules, 'editor')
    const { changes: _, ...rest } = last
    expect(view.entry({ ...last, label: 'Salary: 200' })).toEqual({ ...rest, changes: [] })
  })

  test('[VIEW2] an entry that shows nothing hidden is the same object, label and all', () => {
    const staff = new Staff()
    staff.set('boss', 'ann', 'phone', '1')
    const [last] = staff.entries.slice(-1) as [Entry]
    expect(viewOf(staff.rules, 'viewer').entry(last)).toBe(last)
  })

  test('[VIEW2] a change that does not say its type is shown where no type hides it', () => {
    const view = viewOf(rulesOf(blueprintOf(STAFF)), 'viewer')
    const set = (property_id: string) =>
      ({ type: 'property-set', node_id: 'n', property_id }) as const
    const changes = ['name', 'date', 'goal', 'phone', 'salary', 'unknown'].map(set)
    expect(
      view.changes(changes).map((change) => 'property_id' in change && change.property_id),
    ).toEqual(['name', 'date'])
  })

  test('[VIEW2] skipped parts of an undo name no hidden property', () => {
    const view = viewOf(rulesOf(blueprintOf(STAFF)), 'viewer')
    const skip = (property_id?: string) =>
      ({ node_id: 'n', reason: 'gone', ...(property_id && { property_id }) }) as const
    const skipped = [skip(), skip('phone'), skip('salary')]
    expect(view.skipped(skipped, () => 'person')).toEqual([skip(), skip('phone')])
    expect(view.skipped(skipped, () => undefined)).toEqual([skip()])
  })
})

describe('what a role finds', () => {
  function found(query: SearchQuery, role: Role): string[] {
    const staff = new Staff()
    staff.set('boss', 'ann', 'review', 'Excellent')
    const { blueprint } = staff.context
    const begun = search(staff.graph, query, { blueprint, view: staff.rules.viewOf(role) })
    if (!begun.ok) throw new Error(begun.error.message)
    return ended(begun.value).matches.map((match) => match.node.id)
  }

  const on = (property_id: string, operator: 'eq' | 'exists' | 'ne', value: unknown) =>
    ({ property: [{ property_id, operator, value }] }) as SearchQuery

  test.each<[SearchQuery, string[], string[]]>([
    [{ text: 'excell' }, ['ann'], []],
    [on('review', 'eq', 'Excellent'), ['ann'], []],
    [on('review', 'exists', true), ['ann'], []],
    [on('salary', 'eq', 100), [], []],
    [{ ...on('salary', 'exists', false), type: 'person' }, ['ann', 'bob'], ['ann', 'bob']],
    [{ ...on('review', 'ne', 'Excellent'), type: 'person' }, ['bob'], ['ann', 'bob']],
  ])('[VIEW3] %j', (query, byEditor, byViewer) => {
    expect(found(query, 'editor')).toEqual(byEditor)
    expect(found(query, 'viewer')).toEqual(byViewer)
  })
})

/** `x` and `toString` are what the random sessions write. */
const MIXED: JsonObject = {
  node_types: [
    {
      id: 't',
      properties: [
        { id: 'x', type: 'any' },
        { id: 'toString', type: 'any' },
      ],
    },
    {
      id: 'u',
      properties: [
        { id: 'x', type: 'any', access: { see: 'owner' } },
        { id: 'toString', type: 'any', access: { see: 'editor' } },
      ],
    },
    {
      id: 'v',
      access: { see: 'editor' },
      properties: [
        { id: 'x', type: 'any', access: { see: 'viewer' } },
        { id: 'toString', type: 'any' },
      ],
    },
  ].map((type) => ({ ...type, allowed_children: ['t', 'u', 'v'] })),
}

/** The types of the random sessions' nodes, in turn. */
function retyped<T>(value: T): T {
  let n = 0
  const text = JSON.stringify(value)
  return JSON.parse(
    text.replaceAll('"blueprint_type_id":"t"', () => `"blueprint_type_id":"${'tuv'[n++ % 3]}"`),
  ) as T
}

function played(sequence: readonly Move[]): Session {
  const session = new Session(blueprintOf(MIXED))
  session.replace(retyped(openSession().graph.nodes()))
  for (const move of sequence) {
    const actor = actorOf(move, 3)
    if (move.what === 'undo-any') session.undo(actor, { scope: 'session' })
    else if (move.what.startsWith('undo'))
      session.undo(actor, { force: move.what === 'undo-forced' })
    else if (move.what.startsWith('redo'))
      session.redo(actor, { force: move.what === 'redo-forced' })
    else {
      const [type, data] = commandOf(session, move)
      session.try(
        actor,
        type,
        move.a % 2
          ? retyped(data)
          : (JSON.parse(
              JSON.stringify(data).replaceAll('_id":"t"', `_id":"${'uv'[move.b % 2]}"`),
            ) as object),
      )
    }
  }
  return session
}

describe('random sessions, as roles see them', () => {
  test('[VIEW2] the view of a replayed history is the replay of the viewed entries', () => {
    fc.assert(
      fc.property(moves(40), fc.constantFrom<Role>('viewer', 'editor'), (sequence, role) => {
        const session = played(sequence)
        const view = viewOf(rulesOf(blueprintOf(MIXED)), role)
        const [whole, seen] = [ProjectGraph.empty(), ProjectGraph.empty()]
        for (const entry of session.entries) {
          whole.apply(entry.changes)
          const viewed = view.entry(entry)
          expect(viewed.seq).toBe(entry.seq)
          seen.apply(viewed.changes)
          expect(seen.nodes()).toEqual(whole.nodes().map((each) => view.node(each)))
        }
      }),
      { numRuns: 150 },
    )
  })

  test('[VIEW2] without types in the changes nothing more is shown, and all still fits', () => {
    fc.assert(
      fc.property(moves(40), (sequence) => {
        const session = played(sequence)
        const view = viewOf(rulesOf(blueprintOf(MIXED)), 'viewer')
        const seen = ProjectGraph.empty()
        for (const { changes } of session.entries) {
          const bare = changes.map((change) => {
            if (change.type !== 'property-set') return change
            const { blueprint_type_id: _, ...rest } = change
            return rest
          })
          const shown = view.changes(bare)
          const names = shown.flatMap((change) =>
            change.type === 'property-set' ? [change.property_id] : [],
          )
          expect(names.filter((property_id) => property_id !== 'name')).toEqual([])
          seen.apply(shown)
        }
      }),
      { numRuns: 50 },
    )
  })
})
