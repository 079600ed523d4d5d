import { describe, expect, test } from 'vitest'
import type { JsonValue, Node } from '@talus/protocol'
import { parseTemplate, plan, ProjectGraph } from '../src/index.js'
import { filmBlueprint, NOW, Session } from './session.js'

/** r(a, b(c)), s without a blueprint. */
function plain(): Session {
  const session = new Session()
  session.create('ann', 'r')
  session.create('ann', 'a', 'r')
  session.create('ann', 'b', 'r')
  session.create('ann', 'c', 'b')
  session.create('ann', 's')
  return session
}

const SCENE = '601aa11a-6dd0-f620-29df-cdddffa83707'
const STATUS = '6db11cbb-dd58-1bb0-27d8-4f9f94f61181'
const TITLE = '55555555-aaaa-4bbb-8ccc-666666666666'

/** f: film with scene s1 and person p1. */
function film(): Session {
  const session = new Session(filmBlueprint())
  session.create('ann', 'f', null, { blueprint_type_id: 'film', name: 'Dusk' })
  session.create('ann', 's1', 'f', { blueprint_type_id: 'scene', name: 'Opening' })
  const email = { email: 'p@example.org' }
  session.create('ann', 'p1', 'f', { blueprint_type_id: 'person', name: 'Pat', properties: email })
  return session
}

describe('CreateNode', () => {
  test('[ID1] makes an id, or takes the given one', () => {
    const session = new Session()
    expect(session.try('ann', 'CreateNode', { blueprint_type_id: 'task' })).toMatchObject({
      result: { node_id: 'n1' },
      entry: {
        changes: [
          {
            type: 'node-added',
            parent_id: null,
            index: 0,
            node: { id: 'n1', name: 'task', children: [], properties: {}, created_at: NOW },
          },
        ],
      },
    })
    expect(session.try('ann', 'CreateNodeCommand', { blueprint_type_id: 't', node_id: 'x' }).result).toEqual({
      node_id: 'x',
    })
  })

  test('[TREE3] gives the defaults of the blueprint, keyed by id', () => {
    const session = film()
    expect(session.graph.record('s1')).toMatchObject({
      blueprint_type_id: 'scene',
      name: 'Opening',
      properties: { status: 's-todo', mood: 'Calm', length: 3, plan: {} },
    })
    const more = { blueprint_type_id: SCENE, name: 'x', properties: { [STATUS]: 'Done', length: null } }
    session.create('ann', 's2', 'f', more)
    expect(session.graph.record('s2')).toMatchObject({ blueprint_type_id: SCENE })
    expect(session.graph.record('s2')?.properties).toEqual({
      [STATUS]: 'Done',
      length: null,
      mood: 'Calm',
      plan: {},
    })
  })

  test('[TREE4] takes its name from wherever it is given', () => {
    const session = film()
    const name = (id: string) => session.graph.record(id)
    session.create('ann', 'f2', null, { blueprint_type_id: 'film' })
    session.create('ann', 'f3', null, { blueprint_type_id: 'film', properties: { name: 'Three' } })
    session.create('ann', 'f4', null, { blueprint_type_id: 'film', properties: { [TITLE]: 'Four' } })
    session.create('ann', 'f5', null, { blueprint_type_id: 'film', name: 'Five', properties: { name: 'V' } })
    expect(['f2', 'f3', 'f4', 'f5'].map((id) => name(id)?.name)).toEqual(['Film', 'Three', 'Four', 'Five'])
    expect(['f2', 'f3', 'f4', 'f5'].map((id) => name(id)?.properties)).toEqual([{}, {}, {}, {}])
  })

  const create = (more: object) => ({ blueprint_type_id: 'scene', name: 'x', ...more })
  test.each<[string, string, object, string]>([
    ['ID1', 'NODE_EXISTS', create({ node_id: 'S1' }), '/data/node_id'],
    ['TREE2', 'UNKNOWN_NODE_TYPE', create({ blueprint_type_id: 'ghost' }), '/data/blueprint_type_id'],
    ['TREE1', 'INVALID_PARENT', create({ parent_id: 'nobody' }), '/data/parent_id'],
    ['TREE2', 'TYPE_NOT_ALLOWED', create({ parent_id: 's1' }), '/data/blueprint_type_id'],
    ['TREE2', 'TYPE_NOT_ALLOWED', create({ parent_id: 'p1' }), '/data/blueprint_type_id'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { ghost: 1 } }), '/data/properties/ghost'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { 'a/b~c': 1 } }), '/data/properties/a~1b~0c'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { length: 'far' } }), '/data/properties/length'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { [STATUS]: 'ghost' } }), `/data/properties/${STATUS}`],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { status: '', [STATUS]: '' } }), `/data/properties/${STATUS}`],
    ['TREE2', 'INVALID_PROPERTY', create({ name: '' }), '/data/name'],
    ['TREE2', 'INVALID_PROPERTY', create({ name: undefined }), '/data/name'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { name: 5 } }), '/data/properties/name'],
    ['TREE2', 'INVALID_PROPERTY', create({ blueprint_type_id: 'person' }), '/data/properties/email'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: JSON.parse('{"plan":{"a":[{"__proto__":1}]}}') }), '/data/properties/plan'],
  ])('[%s] %s for %j', (_, code, data, path) => {
    const { error } = film().try('ann', 'CreateNode', data)
    expect(error).toMatchObject({ code, details: [{ path }] })
    expect(error?.details?.[0]?.expected).toBeTruthy()
  })

  test('[TREE1] the message of a missing parent is the promised one', () => {
    const { error } = plain().try('ann', 'CreateNode', { blueprint_type_id: 't', parent_id: 'x' })
    expect(error).toMatchObject({ code: 'INVALID_PARENT', message: 'Parent node not found' })
  })

  test('[TREE2] a project root may lack what is required', () => {
    const session = new Session(filmBlueprint())
    const command = { command_type: 'CreateNode', data: { blueprint_type_id: 'person' } } as const
    const strict = plan(session.graph, command, session.context)
    const lenient = plan(session.graph, command, { ...session.context, lenient: true })
    expect(strict).toMatchObject({ ok: false, error: { code: 'INVALID_PROPERTY' } })
    expect(lenient).toMatchObject({ ok: true, value: { changes: [{ node: { name: 'Person' } }] } })
  })

  test('[TREE2] anything may be a root', () => {
    expect(film().try('ann', 'CreateNode', { blueprint_type_id: 'shot' }).error).toBeUndefined()
  })
})

describe('positions', () => {
  test.each<[string, object | undefined, string[]]>([
    ['the end', undefined, ['a', 'b', 'x']],
    ['at end', { at: 'end' }, ['a', 'b', 'x']],
    ['at start', { at: 'start' }, ['x', 'a', 'b']],
    ['before', { before: 'b' }, ['a', 'x', 'b']],
    ['after', { after: 'a' }, ['a', 'x', 'b']],
    ['index', { index: 1 }, ['a', 'x', 'b']],
    ['index beyond', { index: 99 }, ['a', 'b', 'x']],
    ['an anchor that is gone', { before: 'ghost' }, ['a', 'b', 'x']],
    ['an anchor elsewhere', { before: 'c' }, ['a', 'b', 'x']],
    ['a root as anchor', { before: 'r' }, ['a', 'b', 'x']],
  ])('[ORD1] a new node: %s', (_, position, order) => {
    const session = plain()
    session.create('ann', 'x', 'r', { position })
    expect(session.graph.childrenOf('r')).toEqual(order)
  })

  const letters = ['a', 'b', 'c', 'd']
  test.each<[string, object | undefined, string]>([
    ['b', undefined, 'acdb'],
    ['b', { at: 'start' }, 'bacd'],
    ['b', { before: 'd' }, 'acbd'],
    ['b', { after: 'd' }, 'acdb'],
    ['d', { before: 'b' }, 'adbc'],
    ['d', { after: 'a' }, 'adbc'],
    ['b', { index: 2 }, 'acbd'],
    ['b', { index: 3 }, 'acdb'],
    ['a', { before: 'ghost' }, 'bcda'],
  ])('[ORD1] %s moves to %j among its siblings', (node_id, position, order) => {
    const session = new Session()
    session.create('ann', 'r')
    for (const id of letters) session.create('ann', id, 'r')
    session.do('ann', 'MoveNode', { node_id, parent_id: 'r', position })
    expect(session.graph.childrenOf('r').join('')).toBe(order)
  })

  test.each([{ before: 'b' }, { after: 'b' }, { index: 1 }, { before: 'c' }, { after: 'a' }])(
    '[ORD1] a move to where it stands changes nothing: %j',
    (position) => {
      const session = new Session()
      session.create('ann', 'r')
      for (const id of letters) session.create('ann', id, 'r')
      const outcome = session.try('ann', 'MoveNode', { node_id: 'b', parent_id: 'r', position })
      expect(outcome).toEqual({ result: null })
    },
  )
})

describe('structure', () => {
  test('[DEL1] a deletion names every node, leaves first', () => {
    const session = plain()
    const { entry, result } = session.try('ann', 'DeleteNode', { node_id: 'r' })
    expect(result).toEqual({ deleted_ids: ['r', 'a', 'b', 'c'] })
    expect(entry?.changes.map((change) => change.type === 'node-removed' && [change.node.id, change.index])).toEqual([
      ['c', 0],
      ['b', 1],
      ['a', 0],
      ['r', 0],
    ])
    expect(session.graph.roots()).toEqual(['s'])
  })

  test('[MOVE1] link, move and unlink are one change each', () => {
    const session = plain()
    const changes = (type: string, data: object) => session.try('ann', type, data).entry?.changes
    expect(changes('LinkNode', { parent_id: 'r', child_id: 's', position: { at: 'start' } })).toEqual([
      { type: 'node-moved', node_id: 's', from: { parent_id: null, index: 1 }, to: { parent_id: 'r', index: 0 } },
    ])
    expect(changes('MoveNode', { node_id: 'b', parent_id: 's' })).toEqual([
      { type: 'node-moved', node_id: 'b', from: { parent_id: 'r', index: 2 }, to: { parent_id: 's', index: 0 } },
    ])
    expect(changes('UnlinkNode', { parent_id: 'r', child_id: 's' })).toEqual([
      { type: 'node-moved', node_id: 's', from: { parent_id: 'r', index: 0 }, to: { parent_id: null, index: 1 } },
    ])
    expect(session.graph.nodes().map((node) => node.id)).toEqual(['r', 'a', 's', 'b', 'c'])
  })

  test.each<[string, string, string, object, string]>([
    ['DEL1', 'NODE_NOT_FOUND', 'DeleteNode', { node_id: 'x' }, '/data/node_id'],
    ['TREE1', 'INVALID_PARENT', 'LinkNode', { parent_id: 'x', child_id: 's' }, '/data/parent_id'],
    ['TREE1', 'NODE_NOT_FOUND', 'LinkNode', { parent_id: 'r', child_id: 'x' }, '/data/child_id'],
    ['TREE1', 'ALREADY_LINKED', 'LinkNode', { parent_id: 's', child_id: 'a' }, '/data/child_id'],
    ['TREE1', 'CYCLE_DETECTED', 'LinkNode', { parent_id: 'c', child_id: 'r' }, '/data/parent_id'],
    ['TREE1', 'CYCLE_DETECTED', 'LinkNode', { parent_id: 's', child_id: 's' }, '/data/parent_id'],
    ['TREE1', 'NODE_NOT_FOUND', 'UnlinkNode', { parent_id: 'x', child_id: 'a' }, '/data/parent_id'],
    ['TREE1', 'NODE_NOT_FOUND', 'UnlinkNode', { parent_id: 'r', child_id: 'x' }, '/data/child_id'],
    ['TREE1', 'NOT_LINKED', 'UnlinkNode', { parent_id: 'r', child_id: 'c' }, '/data/parent_id'],
    ['TREE1', 'NOT_LINKED', 'UnlinkNode', { parent_id: 'r', child_id: 's' }, '/data/parent_id'],
    ['MOVE1', 'NODE_NOT_FOUND', 'MoveNode', { node_id: 'x', parent_id: null }, '/data/node_id'],
    ['MOVE1', 'INVALID_PARENT', 'MoveNode', { node_id: 'a', parent_id: 'x' }, '/data/parent_id'],
    ['TREE1', 'CYCLE_DETECTED', 'MoveNode', { node_id: 'b', parent_id: 'c' }, '/data/parent_id'],
    ['TREE1', 'CYCLE_DETECTED', 'MoveNode', { node_id: 's', parent_id: 's' }, '/data/parent_id'],
  ])('[%s] %s: %s %j', (_, code, type, data, path) => {
    expect(plain().try('ann', type, data).error).toMatchObject({ code, details: [{ path }] })
  })

  test('[TREE2] allowed children hold for moves and links, not for reordering', () => {
    const session = film()
    session.create('ann', 'shot', null, { blueprint_type_id: 'shot' })
    const to = (parent_id: string | null) => session.try('ann', 'MoveNode', { node_id: 'shot', parent_id })
    expect(to('f').error).toMatchObject({ code: 'TYPE_NOT_ALLOWED', details: [{ expected: 'one of scene, person' }] })
    expect(to('p1').error).toMatchObject({ code: 'TYPE_NOT_ALLOWED', details: [{ expected: 'no child there' }] })
    const linked = session.try('ann', 'LinkNode', { parent_id: 'f', child_id: 'shot' })
    expect(linked.error).toMatchObject({ code: 'TYPE_NOT_ALLOWED', details: [{ path: '/data/child_id' }] })
    expect(to('s1').error).toBeUndefined()
    expect(to(null).error).toBeUndefined()
  })
})

describe('properties', () => {
  test('[TREE2] one property has one key, whichever name is used', () => {
    const session = film()
    session.set('ann', 's1', STATUS, 'Done')
    expect(session.value('s1', 'status')).toBe('Done')
    session.do('ann', 'DeleteProperty', { node_id: 's1', property_id: STATUS })
    expect(session.value('s1', 'status')).toBeUndefined()
    session.set('ann', 's1', STATUS, 'Done')
    session.set('ann', 's1', 'status', 'To do')
    expect(session.graph.record('s1')?.properties).toMatchObject({ [STATUS]: 'To do' })
    expect(session.value('s1', 'status')).toBeUndefined()
  })

  test('[TREE4] name renames, by either of its names', () => {
    const session = film()
    const { entry } = session.try('ann', 'UpdateProperty', { node_id: 'f', property_id: TITLE, new_value: 'Dawn' })
    expect(entry?.changes).toEqual([
      { type: 'property-set', node_id: 'f', property_id: 'name', old_value: 'Dusk', new_value: 'Dawn' },
    ])
    expect(session.graph.node('f')).toMatchObject({ name: 'Dawn', properties: {} })
    const bare = plain()
    bare.set('ann', 'a', 'name', '')
    expect(bare.graph.record('a')?.name).toBe('')
  })

  test('[TREE4] the copy that imported files keep under the uuid follows', () => {
    const session = film()
    const imported = session.graph.node('f') as Node
    session.replace([{ ...imported, children: [], properties: { [TITLE]: 'Dusk' } }])
    const { entry } = session.try('ann', 'UpdateProperty', { node_id: 'f', property_id: 'name', new_value: 'Dawn' })
    expect(entry?.changes.map((change) => change.type === 'property-set' && change.property_id)).toEqual([
      'name',
      TITLE,
    ])
    expect(session.graph.node('f')).toMatchObject({ name: 'Dawn', properties: { [TITLE]: 'Dawn' } })
  })

  test.each<[string, JsonValue, JsonValue | undefined, boolean]>([
    ['length', 3, 3, true],
    ['length', 4, 3, true],
    ['length', 4, 5, false],
    ['cost', 4, null, true],
    ['cost', 4, 0, false],
    ['plan', { a: 1 }, {}, true],
    ['name', 'New', 'Opening', true],
    ['name', 'New', 'Old', false],
  ])('[TREE2] %s to %j if it was %j: %s', (property_id, new_value, old_value, holds) => {
    const data = { node_id: 's1', property_id, new_value, old_value }
    const { error } = film().try('ann', 'UpdateProperty', data)
    expect(error?.code).toBe(holds ? undefined : 'PRECONDITION_FAILED')
  })

  test('[CMD4] an equal value changes nothing', () => {
    const session = film()
    session.set('ann', 's1', 'plan', { a: [1, { b: 2 }] })
    for (const [property_id, new_value] of [
      ['plan', { a: [1, { b: 2 }] }],
      ['name', 'Opening'],
      ['length', 3],
    ]) {
      const data = { node_id: 's1', property_id, new_value }
      expect(session.try('ann', 'UpdateProperty', data)).toEqual({ result: null })
    }
  })

  const set = (property_id: string, new_value: JsonValue, node_id = 's1') =>
    ['UpdateProperty', { node_id, property_id, new_value }] as const
  const unset = (property_id: string, node_id = 's1') =>
    ['DeleteProperty', { node_id, property_id }] as const
  test.each<[string, string, readonly [string, object], string]>([
    ['TREE2', 'NODE_NOT_FOUND', set('length', 1, 'x'), '/data/node_id'],
    ['TREE2', 'INVALID_PROPERTY', set('ghost', 1), '/data/property_id'],
    ['TREE2', 'INVALID_PROPERTY', set('toString', 1), '/data/property_id'],
    ['TREE2', 'INVALID_PROPERTY', set('locked', 'yes'), '/data/new_value'],
    ['TREE2', 'INVALID_PROPERTY', set('email', null, 'p1'), '/data/new_value'],
    ['TREE2', 'INVALID_PROPERTY', set('email', '', 'p1'), '/data/new_value'],
    ['TREE4', 'INVALID_PROPERTY', set('name', ''), '/data/new_value'],
    ['TREE4', 'INVALID_PROPERTY', set('name', null, 'f'), '/data/new_value'],
    ['TREE4', 'INVALID_PROPERTY', set(TITLE, 5, 'f'), '/data/new_value'],
    ['TREE2', 'INVALID_PROPERTY', set('plan', JSON.parse('{"__proto__":{}}')), '/data/new_value'],
    ['TREE2', 'NODE_NOT_FOUND', unset('length', 'x'), '/data/node_id'],
    ['TREE2', 'PROPERTY_NOT_FOUND', unset('cost'), '/data/property_id'],
    ['TREE2', 'PROPERTY_NOT_FOUND', unset('toString'), '/data/property_id'],
    ['TREE2', 'INVALID_PROPERTY', unset('email', 'p1'), '/data/property_id'],
    ['TREE4', 'INVALID_PROPERTY', unset('name'), '/data/property_id'],
    ['TREE4', 'INVALID_PROPERTY', unset(TITLE, 'f'), '/data/property_id'],
  ])('[%s] %s: %j', (_, code, [type, data], path) => {
    expect(film().try('ann', type, data).error).toMatchObject({ code, details: [{ path }] })
  })

  test('[TREE2] without a blueprint every property and value is allowed', () => {
    const session = plain()
    session.set('ann', 'a', 'anything', { deep: [null, 1] })
    session.set('ann', 'a', 'toString', null)
    expect(session.graph.node('a')?.properties).toEqual({ anything: { deep: [null, 1] }, toString: null })
    const forbidden = { node_id: 'a', property_id: 'x', new_value: JSON.parse('[{"__proto__":1}]') }
    expect(session.try('ann', 'UpdateProperty', forbidden).error?.code).toBe('INVALID_PROPERTY')
    expect(session.try('ann', 'DeleteProperty', { node_id: 'a', property_id: 'name' }).error?.code).toBe(
      'INVALID_PROPERTY',
    )
  })
})

describe('what the template no longer has', () => {
  /** f(w) where w is of a type that is gone, and s1 has a property that is gone. */
  function orphaned(): Session {
    const session = film()
    const nodes = session.graph.nodes()
    const widget = { ...(nodes[1] as Node), id: 'w', blueprint_type_id: 'widget' }
    const below = { ...widget, id: 'w1', blueprint_type_id: 'note', parent_id: 'w' }
    session.replace([
      ...nodes.map((node) => ({ ...node, properties: { ...node.properties, old: 1 } })),
      widget,
      below,
    ])
    return session
  }

  test('[TREE2] an orphan can be reordered, unlinked and deleted', () => {
    const session = orphaned()
    session.do('ann', 'MoveNode', { node_id: 'w', parent_id: 'f', position: { at: 'start' } })
    session.do('ann', 'UnlinkNode', { parent_id: 'f', child_id: 'w' })
    session.do('ann', 'DeleteNode', { node_id: 'w' })
    expect(session.graph.has('w1')).toBe(false)
  })

  test.each<[string, string, object]>([
    ['UNKNOWN_NODE_TYPE', 'UpdateProperty', { node_id: 'w', property_id: 'length', new_value: 1 }],
    ['UNKNOWN_NODE_TYPE', 'UpdateProperty', { node_id: 'w', property_id: 'name', new_value: 'x' }],
    ['UNKNOWN_NODE_TYPE', 'DeleteProperty', { node_id: 'w', property_id: 'old' }],
    ['TYPE_NOT_ALLOWED', 'CreateNode', { blueprint_type_id: 'note', parent_id: 'w' }],
    ['TYPE_NOT_ALLOWED', 'MoveNode', { node_id: 'w', parent_id: 's1' }],
    ['INVALID_PROPERTY', 'UpdateProperty', { node_id: 's1', property_id: 'old', new_value: 2 }],
  ])('[TREE2] %s: %s %j', (code, type, data) => {
    expect(orphaned().try('ann', type, data).error?.code).toBe(code)
  })

  test('[TREE2] an orphaned property can be deleted', () => {
    const session = orphaned()
    session.do('ann', 'DeleteProperty', { node_id: 's1', property_id: 'old' })
    expect(session.value('s1', 'old')).toBeUndefined()
  })
})

describe('Batch', () => {
  const commands = [
    { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: 'p' } },
    { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: 'q', parent_id: 'p' } },
    { command_type: 'UpdateProperty', data: { node_id: 'q', property_id: 'x', new_value: 1 } },
    { command_type: 'LinkNode', data: { parent_id: 'q', child_id: 's' } },
  ]

  test('[CMD6] later commands use what earlier ones made; one entry', () => {
    const session = plain()
    const { entry, result } = session.try('ann', 'Batch', { commands })
    expect(result).toEqual({ results: [{ node_id: 'p' }, { node_id: 'q' }, null, null] })
    expect(entry?.changes).toHaveLength(4)
    expect(session.graph.node('q')).toMatchObject({ parent_id: 'p', children: ['s'], properties: { x: 1 } })
  })

  test('[CMD6] all or nothing; the failure says which command', () => {
    const session = plain()
    const before = session.state()
    const bad = { command_type: 'MoveNode', data: { node_id: 'p', parent_id: 'q' } }
    const { error } = session.try('ann', 'Batch', { commands: [...commands, bad] })
    expect(error).toMatchObject({ code: 'CYCLE_DETECTED', details: [{ path: '/data/commands/4/data/parent_id' }] })
    expect(session.state()).toEqual(before)
    expect(session.graph.isTaken('p')).toBe(false)
  })

  test('[CMD4] a batch of nothing is nothing', () => {
    const session = plain()
    const same = { command_type: 'UpdateProperty', data: { node_id: 'a', property_id: 'name', new_value: 'task' } }
    expect(session.try('ann', 'Batch', { commands: [same, same] })).toEqual({ result: { results: [null, null] } })
  })
})

test('[CMD1] [CMD7] planning leaves the graph alone', () => {
  const session = plain()
  const before = session.state()
  const command = {
    command_type: 'Batch',
    data: { commands: [{ command_type: 'DeleteNode', data: { node_id: 'r' } }] },
  } as const
  const first = plan(session.graph, command as never, session.context)
  expect(plan(session.graph, command as never, session.context)).toEqual(first)
  expect(session.state()).toEqual(before)
})

test('[TREE2] a template without rules for children allows none', () => {
  const { blueprint } = parseTemplate({ node_types: [{ id: 'a' }] }, 't')
  const session = new Session(blueprint)
  session.create('ann', 'x', null, { blueprint_type_id: 'a' })
  const below = session.try('ann', 'CreateNode', { blueprint_type_id: 'a', parent_id: 'x' })
  expect(below.error?.code).toBe('TYPE_NOT_ALLOWED')
  expect(ProjectGraph.empty().size).toBe(0)
})
