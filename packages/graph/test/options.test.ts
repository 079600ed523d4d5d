import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue, SearchCondition } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { parseTemplate, search, type Blueprint } from '../src/index.js'
import { ended } from './ended.js'
import { NOW, Session } from './session.js'
import { templateFiles } from './shared-data.js'

/** As the existing application derives it, with another SHA-1. */
function derived(seed: string): string {
  const hex = createHash('sha1').update(seed).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-')
}

function blueprintOf(properties: JsonObject[]): Blueprint {
  const node_types = [{ id: 'task', label: 'Task', properties }]
  const { blueprint, report } = parseTemplate({ node_types }, 't')
  if (!blueprint) throw new Error(JSON.stringify(report))
  return blueprint
}

const STATES = ['Not Started', 'In Progress', 'Straße & Über']
const STATUS_KEY = derived('property.task:status')
const uuidOf = (name: string) => derived(`task.status:${name}`)

const BLUEPRINT = blueprintOf([
  { id: 'status', type: 'select', options: STATES.map((name) => ({ name })) },
  { id: 'plain', type: 'select', options: ['Yes', 'No', 3, true] },
  {
    id: 'own',
    type: 'select',
    options: [
      { id: 'hi', name: 'High' },
      { id: 'lo', name: 'hi' },
    ],
  },
  { id: 'tags', type: 'multi_select', options: [{ name: 'Red' }, { id: 'b', name: 'Blue' }] },
  { id: 'done', type: 'checkbox' },
  { id: 'cost', type: 'currency', required: true },
  { id: 'who', type: 'person' },
])

function option(property_id: string, value: JsonValue) {
  return BLUEPRINT.typeOf('task')?.property(property_id)?.option(value)
}

function sessionOf(nodes: Record<string, Record<string, JsonValue>>): Session {
  const session = new Session(BLUEPRINT)
  session.replace(
    Object.entries(nodes).map(([id, properties]) => ({
      id,
      blueprint_type_id: 'task',
      name: id,
      parent_id: null,
      children: [],
      properties,
      created_at: NOW,
    })),
  )
  return session
}

describe('[SEL2] an option', () => {
  test.each(STATES)('is known by name and derived uuid: %s', (name) => {
    const found = option('status', name)
    expect(found).toEqual({ id: name, name, uuid: uuidOf(name) })
    expect(option('status', uuidOf(name))).toBe(found)
  })

  test('of the template album has the uuid that the existing application stores', () => {
    const album = templateFiles.find(({ name }) => name === 'album.yaml')
    if (!album) return
    const status = parseTemplate(album.text, 'album').blueprint?.typeOf('task')?.property('status')
    expect(status?.option('c96378bf-66e5-8e04-2cf3-d1f65cab2f9f')?.name).toBe('In Progress')
  })

  test('is told by its id before a name, and by a name before a uuid', () => {
    expect(option('own', 'hi')?.name).toBe('High')
    expect(option('own', 'lo')?.name).toBe('hi')
    expect(option('own', derived('task.own:hi'))?.id).toBe('lo')
  })

  test('may be written plainly, as a number or a boolean too', () => {
    expect(option('plain', 3)?.name).toBe('3')
    expect(option('plain', '3')?.name).toBe('3')
    expect(option('plain', true)?.name).toBe('true')
    expect(option('plain', derived('task.plain:3'))?.name).toBe('3')
  })

  test('of a name that is a boolean of YAML 1.1 has the uuid of that boolean too', () => {
    expect(option('plain', derived('task.plain:Yes'))?.name).toBe('Yes')
    expect(option('plain', derived('task.plain:True'))?.name).toBe('Yes')
    expect(option('plain', derived('task.plain:False'))?.name).toBe('No')
  })

  test('is named by nothing else', () => {
    for (const value of ['', null, 'not started', [], {}, ['Not Started'], 7, false, 'toString']) {
      expect(option('status', value)).toBeUndefined()
    }
  })

  test('has its uuid in the document, from which the same blueprint can be made', () => {
    const again = parseTemplate(BLUEPRINT.toJSON(), 't').blueprint
    for (const property of BLUEPRINT.typeOf('task')?.properties ?? []) {
      expect(again?.typeOf('task')?.property(property.id)?.options).toEqual(property.options)
    }
    expect(again?.document).toEqual(BLUEPRINT.document)
  })
})

describe('[SEL2] a value', () => {
  const spellings = [STATES[1] ?? '', uuidOf('In Progress')]

  test.each(spellings)('is accepted and stored as given: %s', (new_value) => {
    const session = sessionOf({ a: {} })
    session.do('ann', 'UpdateProperty', { node_id: 'a', property_id: 'status', new_value })
    expect(session.graph.record('a')?.properties['status']).toBe(new_value)
    const properties = { [STATUS_KEY]: new_value }
    session.create('ann', 'b', null, { blueprint_type_id: 'task', properties })
    expect(session.graph.record('b')?.properties).toEqual({
      ...properties,
      plain: 'Yes',
      own: 'hi',
    })
  })

  test('that names the same option in another way is stored, and in the same way changes nothing', () => {
    for (const stored of spellings) {
      for (const new_value of spellings) {
        const session = sessionOf({ a: { status: stored } })
        const data = { node_id: 'a', property_id: STATUS_KEY, new_value }
        const said = session.try('ann', 'UpdateProperty', data)
        expect(said.error).toBeUndefined()
        expect(said.entry === undefined).toBe(new_value === stored)
        expect(session.graph.record('a')?.properties).toEqual({ status: new_value })
      }
    }
  })

  test('is the stated previous one in whatever spelling', () => {
    const set = (old_value: JsonValue, property_id: string, new_value: JsonValue) =>
      sessionOf({ a: { status: uuidOf('In Progress'), cost: '12.0', done: 'true' } }).try(
        'ann',
        'UpdateProperty',
        {
          node_id: 'a',
          property_id,
          new_value,
          old_value,
        },
      ).error?.code
    expect(set('In Progress', 'status', 'Not Started')).toBeUndefined()
    expect(set(uuidOf('In Progress'), 'status', 'Not Started')).toBeUndefined()
    expect(set('Not Started', 'status', 'Straße & Über')).toBe('PRECONDITION_FAILED')
    expect(set(12, 'cost', 13)).toBeUndefined()
    expect(set(true, 'done', false)).toBeUndefined()
    expect(set(false, 'done', true)).toBe('PRECONDITION_FAILED')
  })

  test.each<[SearchCondition, string]>([
    [{ property_id: 'status', operator: 'eq', value: 'In Progress' }, 'ab'],
    [{ property_id: STATUS_KEY, operator: 'eq', value: uuidOf('In Progress') }, 'ab'],
    [{ property_id: 'status', operator: 'ne', value: uuidOf('In Progress') }, 'cd'],
    [
      { property_id: 'status', operator: 'in', value: [uuidOf('Not Started'), 'In Progress'] },
      'abc',
    ],
    [{ property_id: 'status', operator: 'contains', value: 'progress' }, 'ab'],
    [{ property_id: 'status', operator: 'contains', value: uuidOf('In Progress') }, 'ab'],
    [{ property_id: 'tags', operator: 'contains', value: 'b' }, 'ab'],
    [{ property_id: 'tags', operator: 'contains', value: derived('task.tags:Red') }, 'a'],
    [{ property_id: 'tags', operator: 'eq', value: ['Red', 'Blue'] }, 'a'],
    [{ property_id: 'done', operator: 'eq', value: true }, 'ac'],
    [{ property_id: 'done', operator: 'eq', value: 'false' }, 'b'],
  ])('is found by option: %j', (condition, expected) => {
    const session = sessionOf({
      a: { status: 'In Progress', tags: ['Red', 'b'], done: 'true' },
      b: { [STATUS_KEY]: uuidOf('In Progress'), tags: [derived('task.tags:Blue')], done: false },
      c: { status: uuidOf('Not Started'), done: true },
      d: {},
    })
    const begun = search(session.graph, { property: [condition] }, session.context)
    if (!begun.ok) throw new Error(begun.error.message)
    expect(
      ended(begun.value)
        .matches.map(({ node }) => node.id)
        .join(''),
    ).toBe(expected)
  })

  test('shows the names of its options to a search for text', () => {
    const session = sessionOf({
      a: { status: uuidOf('Straße & Über') },
      b: { tags: [derived('task.tags:Red')] },
    })
    const found = (text: string) => {
      const begun = search(session.graph, { text }, session.context)
      return begun.ok && ended(begun.value).matches.map(({ node }) => node.id)
    }
    expect(found('strasse')).toEqual(['a'])
    expect(found('red')).toEqual(['b'])
  })
})

describe('[CMD4] an equal value changes nothing', () => {
  const session = sessionOf({ a: { status: 'Cancelled', cost: 'a lot', gone: [1], own: 'hi' } })
  test.each([
    ['status', 'Cancelled'],
    ['cost', 'a lot'],
    ['gone', [1]],
    ['own', 'hi'],
  ])('also where the template would not accept it: %s', (property_id, new_value) => {
    const said = session.try('ann', 'UpdateProperty', { node_id: 'a', property_id, new_value })
    expect(said.error).toBeUndefined()
    expect(said.entry).toBeUndefined()
  })

  test.each([
    ['status', 'Canceled'],
    ['cost', 'lots'],
    ['gone', [2]],
    ['new', 1],
  ])('another one is still refused: %s', (property_id, new_value) => {
    const said = session.try('ann', 'UpdateProperty', { node_id: 'a', property_id, new_value })
    expect(said.error?.code).toBe('INVALID_PROPERTY')
  })

  test('also on a node whose type is gone', () => {
    const orphan = new Session(BLUEPRINT)
    orphan.replace([
      {
        id: 'o',
        blueprint_type_id: 'ghost',
        name: 'o',
        parent_id: null,
        children: [],
        properties: { x: 1 },
        created_at: NOW,
      },
    ])
    const set = (new_value: number) =>
      orphan.try('ann', 'UpdateProperty', { node_id: 'o', property_id: 'x', new_value }).error?.code
    expect(set(1)).toBeUndefined()
    expect(set(2)).toBe('UNKNOWN_NODE_TYPE')
  })
})
