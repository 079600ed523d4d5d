import type { JsonValue, SearchCondition, SearchPage, SearchQuery } from '@talus/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTemplate, search, type Blueprint } from '../src/index.js'
import { ended } from './ended.js'
import { plain } from './film-session.js'
import { moves, openSession, run } from './random-session.js'
import { NOW, Session } from './session.js'

function blueprintOf(): Blueprint {
  const properties = [
    { id: 'status', uuid: 'status-uuid', type: 'select', options: [{ id: 'p1', name: 'High' }] },
    { id: 'cost', type: 'currency' },
    { id: 'due', type: 'date' },
    { id: 'note', type: 'text' },
    { id: 'done', type: 'checkbox' },
    { id: 'blocks', type: 'node_reference' },
  ]
  const node_types = [
    { id: 'task', uuid: 'task-uuid', label: 'Task', allowed_children: ['task'], properties },
    { id: 'note', label: 'Note', properties: [{ id: 'cost', type: 'text' }] },
  ]
  const { blueprint } = parseTemplate({ node_types }, 't')
  if (!blueprint) throw new Error('the template has to be valid')
  return blueprint
}

const BLUEPRINT = blueprintOf()

type Draft = { type?: string; name?: string; properties?: Record<string, JsonValue> }

/** A session of roots, named by their ids unless they have a name. */
function sessionOf(drafts: Record<string, Draft>): Session {
  const session = new Session(BLUEPRINT)
  session.replace(
    Object.entries(drafts).map(([id, { type = 'task', name = id, properties = {} }]) => ({
      id,
      blueprint_type_id: type,
      name,
      parent_id: null,
      children: [],
      properties,
      created_at: NOW,
    })),
  )
  return session
}

function pageOf({ graph, context }: Session, query: SearchQuery): SearchPage {
  const begun = search(graph, query, context)
  if (!begun.ok) throw new Error(begun.error.message)
  return ended(begun.value)
}

const idsOf = ({ matches }: SearchPage) => matches.map(({ node }) => node.id)
const found = (session: Session, query: SearchQuery) => idsOf(pageOf(session, query))

describe('[FIND1] text', () => {
  const session = sessionOf({
    straße: { name: 'Lange Straße' },
    decomposed: { name: 'Ca\u0301diz' },
    sigma: { name: 'ΟΔΟΣ' },
    wide: { name: 'ＡＢＣ' },
    property: { properties: { note: 'the Quick fox', cost: 12 } },
    option: { properties: { status: 'p1' } },
    named: { properties: { 'status-uuid': 'High' } },
    uncovered: { properties: { unknown: 'quick too' } },
    nested: { properties: { blocks: ['quick'] } },
  })

  test.each([
    ['strasse', ['straße']],
    ['STRASSE', ['straße']],
    ['cádiz', ['decomposed']],
    ['Οδος', ['sigma']],
    ['abc', ['wide']],
    ['QUICK', ['property', 'uncovered']],
    ['high', ['option', 'named']],
    ['p1', ['option', 'named']],
    ['12', []],
    ['.*', []],
  ])('%s', (text, expected) => {
    expect(found(session, { text })).toEqual(expected)
  })
})

describe('[FIND3] null is a value and absence is none', () => {
  const session = sessionOf({
    a: { properties: { cost: null, note: null, blocks: [null] } },
    b: { properties: { cost: 0, note: '', blocks: [] } },
    c: { properties: { cost: '', note: 'null' } },
    d: {},
  })

  test.each<[string, SearchCondition['operator'], JsonValue | undefined, string]>([
    ['cost', 'eq', null, 'a'],
    ['cost', 'ne', null, 'bcd'],
    ['cost', 'in', [null], 'a'],
    ['cost', 'in', [null, 0], 'ab'],
    ['cost', 'ne', 0, 'acd'],
    ['cost', 'eq', '', 'c'],
    ['cost', 'exists', true, 'b'],
    ['cost', 'exists', false, 'acd'],
    ['cost', 'lt', 1, 'b'],
    ['note', 'eq', null, 'a'],
    ['note', 'eq', 'null', 'c'],
    ['note', 'contains', 'null', 'c'],
    ['note', 'contains', null, ''],
    ['blocks', 'contains', null, 'a'],
    ['unknown', 'eq', null, ''],
    ['unknown', 'ne', null, 'abcd'],
    ['name', 'eq', null, ''],
    ['name', 'ne', null, 'abcd'],
  ])('%s %s %j', (property_id, operator, value, expected) => {
    const property = [{ property_id, operator, ...(value !== undefined && { value }) }]
    expect(found(session, { property }).join('')).toBe(expected)
    const bare = search(session.graph, { property }, { blueprint: null })
    // A template compares some texts as numbers; null and absence are the same without it.
    expect(bare.ok && idsOf(ended(bare.value)).join('')).toBe(expected)
  })
})

describe('[FIND1] type', () => {
  const session = sessionOf({
    a: {},
    b: { type: 'task-uuid' },
    c: { type: 'note' },
    d: { type: 'x' },
  })

  test.each([
    ['task', ['a', 'b']],
    ['task-uuid', ['a', 'b']],
    ['note', ['c']],
    ['x', ['d']],
    ['none', []],
  ])('%s', (type, expected) => {
    expect(found(session, { type })).toEqual(expected)
  })
})

describe('[FIND2] properties', () => {
  const session = sessionOf({
    a: { properties: { cost: '9', due: '2026-01-28', status: 'p1', done: true } },
    b: { properties: { cost: 10, due: '2026-01-28T12:00:00Z', 'status-uuid': 'High' } },
    c: { properties: { cost: ' 1e2 ', due: '2026-01-28T12:30+0200', note: 'Ärger' } },
    d: { properties: { cost: '', due: '', note: '', blocks: ['a', 'b'] } },
    e: { type: 'note', properties: { cost: '9' } },
  })

  const CASES: [string, SearchCondition['operator'], JsonValue | undefined, string][] = [
    ['cost', 'eq', 9, 'a'],
    ['cost', 'eq', '9.0', 'a'],
    ['cost', 'eq', '9', 'ae'],
    ['cost', 'ne', 9, 'bcde'],
    ['cost', 'lt', 10, 'a'],
    ['cost', 'lte', '10', 'ab'],
    ['cost', 'lte', '9', 'ae'],
    ['due', 'gt', 5, ''],
    ['due', 'lt', 'soon', ''],
    ['cost', 'gt', 9, 'bc'],
    ['cost', 'gte', 100, 'c'],
    ['cost', 'in', [9, 100, null], 'ac'],
    ['cost', 'in', [], ''],
    ['cost', 'exists', undefined, 'abce'],
    ['cost', 'exists', false, 'd'],
    ['status', 'eq', 'High', 'ab'],
    ['status', 'eq', 'p1', 'ab'],
    ['status-uuid', 'eq', 'p1', 'ab'],
    ['status', 'ne', 'High', 'cde'],
    ['status', 'in', ['High', 'Low'], 'ab'],
    ['status', 'contains', 'hi', 'ab'],
    ['status', 'exists', true, 'ab'],
    ['due', 'eq', '2026-01-28T00:00:00Z', 'a'],
    ['due', 'lt', '2026-01-28T12:00', 'ac'],
    ['due', 'gt', '2026-01-28T10:00', 'bc'],
    ['done', 'eq', true, 'a'],
    ['done', 'eq', 'true', 'a'],
    ['done', 'eq', null, ''],
    ['note', 'contains', 'ärg', 'c'],
    ['note', 'eq', 'ärger', ''],
    ['note', 'lt', 'B', ''],
    ['note', 'gt', 'B', 'c'],
    ['blocks', 'contains', 'a', 'd'],
    ['blocks', 'eq', ['a', 'b'], 'd'],
    ['name', 'eq', 'a', 'a'],
    ['name', 'gte', 'd', 'de'],
    ['toString', 'exists', true, ''],
  ]

  test.each(CASES)('%s %s %j', (property_id, operator, value, expected) => {
    const property = [{ property_id, operator, ...(value !== undefined && { value }) }]
    expect(found(session, { property }).join('')).toBe(expected)
  })

  test('all of several have to hold, beside text and type', () => {
    const cheap: SearchCondition = { property_id: 'cost', operator: 'lt', value: 11 }
    const high: SearchCondition = { property_id: 'status', operator: 'eq', value: 'High' }
    expect(found(session, { property: [cheap, high] })).toEqual(['a', 'b'])
    expect(found(session, { property: [cheap, high], text: 'b', type: 'task' })).toEqual(['b'])
  })

  test.each<[SearchCondition['operator'], JsonValue | undefined]>([
    ['eq', undefined],
    ['contains', undefined],
    ['in', 'a'],
    ['in', undefined],
    ['lt', null],
    ['gte', true],
    ['exists', 1],
  ])('%s does not take %j', (operator, value) => {
    const condition = { property_id: 'cost', operator, ...(value !== undefined && { value }) }
    const refused = search(session.graph, { property: [condition] }, { blueprint: BLUEPRINT })
    const details = [{ path: '/property/0/value' }]
    expect(refused).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST', details } })
  })

  test('without a template values are compared as they are', () => {
    const bare = plain()
    bare.set('ann', 'a', 'cost', '9')
    bare.set('ann', 'b', 'cost', 9)
    const cost = (value: JsonValue) =>
      found(bare, { property: [{ property_id: 'cost', operator: 'eq', value }] })
    expect([cost(9), cost('9')]).toEqual([['b'], ['a']])
  })
})

describe('[FIND1] where and how much', () => {
  test('a match has its children and the path to it', () => {
    const { matches } = pageOf(plain(), { subtree: 'b' })
    expect(matches).toMatchObject([
      { node: { id: 'b', children: ['c'], parent_id: 'r' }, path: [{ id: 'r', name: 'task' }] },
      { node: { id: 'c', children: [] }, path: [{ id: 'r' }, { id: 'b' }] },
    ])
  })

  test('of a deep node the nearest hundred ancestors are named', () => {
    const session = new Session()
    for (let n = 0; n < 150; n += 1) session.create('ann', `n${n}`, n === 0 ? null : `n${n - 1}`)
    const [match] = pageOf(session, { subtree: 'n149' }).matches
    expect(match?.path.map(({ id }) => id)).toEqual(
      Array.from({ length: 100 }, (_, n) => `n${n + 49}`),
    )
  })

  test('no more than 100 unless more are wanted', () => {
    const session = sessionOf(
      Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`n${n}`, {}])),
    )
    expect(pageOf(session, {})).toMatchObject({ has_more: true, next_cursor: 'n99' })
    expect(pageOf(session, { limit: 150 })).toMatchObject({ has_more: false, next_cursor: null })
    expect(found(session, { limit: 1000 })).toHaveLength(150)
  })

  test('the answer is about the moment of the question', () => {
    const session = plain()
    const begun = search(session.graph, {}, { blueprint: null })
    session.do('ann', 'DeleteNode', { node_id: 'r' })
    expect(begun.ok && idsOf(ended(begun.value))).toEqual(['r', 'a', 'b', 'c', 's'])
  })

  test('a cursor whose node has gone says so', () => {
    const session = plain()
    const refusal = (query: SearchQuery) => search(session.graph, query, { blueprint: null })
    const gone = { ok: false, error: { code: 'NODE_NOT_FOUND', details: [{ path: '/cursor' }] } }
    expect(refusal({ cursor: 'a', subtree: 'b' })).toMatchObject(gone)
    session.do('ann', 'DeleteNode', { node_id: 'a' })
    expect(refusal({ cursor: 'a' })).toMatchObject(gone)
    expect(refusal({ subtree: 'a' })).toMatchObject({
      error: { code: 'NODE_NOT_FOUND', details: [{ path: '/subtree' }] },
    })
  })

  test('pages of any size, one after the other, are the whole in pre-order', () => {
    fc.assert(
      fc.property(moves(30), fc.integer({ min: 1, max: 5 }), (script, limit) => {
        const session = openSession()
        for (const move of script) run(session, move, 2)
        const property: SearchCondition[] = [{ property_id: 'x', operator: 'ne', value: 1 }]
        const ids: string[] = []
        let cursor: string | null | undefined
        while (cursor !== null) {
          const page = pageOf(session, { property, limit, ...(cursor !== undefined && { cursor }) })
          expect(page.has_more).toBe(page.next_cursor !== null)
          ids.push(...idsOf(page))
          cursor = page.next_cursor
        }
        const all = session.graph.nodes().filter(({ properties }) => properties['x'] !== 1)
        expect(ids).toEqual(all.map(({ id }) => id))
        expect(pageOf(session, { property, limit: 1000 }).matches.map(({ node }) => node)).toEqual(
          all,
        )
      }),
      { numRuns: 60 },
    )
  })
})
