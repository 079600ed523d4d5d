import { describe, expect, test } from 'vitest'
import { film, plain, SCENE, STATUS, TITLE } from './film-session.js'
import { NOW, Session } from './session.js'

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
    expect(
      session.try('ann', 'CreateNodeCommand', { blueprint_type_id: 't', node_id: 'x' }).result,
    ).toEqual({
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
    const more = {
      blueprint_type_id: SCENE,
      name: 'x',
      properties: { [STATUS]: 'Done', length: null },
    }
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
    session.create('ann', 'f4', null, {
      blueprint_type_id: 'film',
      properties: { [TITLE]: 'Four' },
    })
    session.create('ann', 'f5', null, {
      blueprint_type_id: 'film',
      name: 'Five',
      properties: { name: 'V' },
    })
    expect(['f2', 'f3', 'f4', 'f5'].map((id) => name(id)?.name)).toEqual([
      'Film',
      'Three',
      'Four',
      'Five',
    ])
    expect(['f2', 'f3', 'f4', 'f5'].map((id) => name(id)?.properties)).toEqual([{}, {}, {}, {}])
  })

  const create = (more: object) => ({ blueprint_type_id: 'scene', name: 'x', ...more })
  test.each<[string, string, object, string]>([
    ['ID1', 'NODE_EXISTS', create({ node_id: 'S1' }), '/data/node_id'],
    [
      'TREE2',
      'UNKNOWN_NODE_TYPE',
      create({ blueprint_type_id: 'ghost' }),
      '/data/blueprint_type_id',
    ],
    ['TREE1', 'INVALID_PARENT', create({ parent_id: 'nobody' }), '/data/parent_id'],
    ['TREE2', 'TYPE_NOT_ALLOWED', create({ parent_id: 's1' }), '/data/blueprint_type_id'],
    ['TREE2', 'TYPE_NOT_ALLOWED', create({ parent_id: 'p1' }), '/data/blueprint_type_id'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { ghost: 1 } }), '/data/properties/ghost'],
    [
      'TREE2',
      'INVALID_PROPERTY',
      create({ properties: { 'a/b~c': 1 } }),
      '/data/properties/a~1b~0c',
    ],
    [
      'TREE2',
      'INVALID_PROPERTY',
      create({ properties: { length: 'far' } }),
      '/data/properties/length',
    ],
    [
      'TREE2',
      'INVALID_PROPERTY',
      create({ properties: { [STATUS]: 'ghost' } }),
      `/data/properties/${STATUS}`,
    ],
    [
      'TREE2',
      'INVALID_PROPERTY',
      create({ properties: { status: '', [STATUS]: '' } }),
      `/data/properties/${STATUS}`,
    ],
    ['TREE2', 'INVALID_PROPERTY', create({ name: '' }), '/data/name'],
    ['TREE2', 'INVALID_PROPERTY', create({ name: undefined }), '/data/name'],
    ['TREE2', 'INVALID_PROPERTY', create({ properties: { name: 5 } }), '/data/properties/name'],
    [
      'TREE2',
      'INVALID_PROPERTY',
      create({ blueprint_type_id: 'person', properties: { email: '' } }),
      '/data/properties/email',
    ],
    ['TREE2', 'INVALID_PROPERTY', { blueprint_type_id: 'person' }, '/data/name'],
  ])('[%s] %s for %j', (_, code, data, path) => {
    const { error } = film().try('ann', 'CreateNode', data)
    expect(error).toMatchObject({ code, details: [{ path }] })
    expect(error?.details?.[0]?.expected).toBeTruthy()
  })

  test('[TREE1] the message of a missing parent is the promised one', () => {
    const { error } = plain().try('ann', 'CreateNode', { blueprint_type_id: 't', parent_id: 'x' })
    expect(error).toMatchObject({ code: 'INVALID_PARENT', message: 'Parent node not found' })
  })

  test('[TREE6] type and name are enough', () => {
    const session = film()
    expect(session.try('ann', 'CreateNode', create({ blueprint_type_id: 'person' }))).toMatchObject(
      {
        entry: { changes: [{ node: { name: 'x' } }] },
      },
    )
  })

  test('[TREE2] anything may be a root', () => {
    expect(film().try('ann', 'CreateNode', { blueprint_type_id: 'shot' }).error).toBeUndefined()
  })
})
