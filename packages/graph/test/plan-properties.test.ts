import { describe, expect, test } from 'vitest'
import type { Node, JsonValue } from '@talus/protocol'
import { film, plain, STATUS, TITLE } from './film-session.js'

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
    const { entry } = session.try('ann', 'UpdateProperty', {
      node_id: 'f',
      property_id: TITLE,
      new_value: 'Dawn',
    })
    expect(entry?.changes).toEqual([
      {
        type: 'property-set',
        node_id: 'f',
        property_id: 'name',
        old_value: 'Dusk',
        new_value: 'Dawn',
      },
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
    const { entry } = session.try('ann', 'UpdateProperty', {
      node_id: 'f',
      property_id: 'name',
      new_value: 'Dawn',
    })
    expect(
      entry?.changes.map((change) => change.type === 'property-set' && change.property_id),
    ).toEqual(['name', TITLE])
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

  test('[PROP1] null is stored, also undone and redone; only a deletion takes the property away', () => {
    const session = plain()
    const has = () => Object.hasOwn(session.graph.record('a')?.properties ?? {}, 'x')
    session.set('ann', 'a', 'x', null)
    expect([has(), session.value('a', 'x')]).toEqual([true, null])
    session.undo('ann')
    expect(has()).toBe(false)
    session.redo('ann')
    expect([has(), session.value('a', 'x')]).toEqual([true, null])
    session.do('ann', 'DeleteProperty', { node_id: 'a', property_id: 'x' })
    expect(has()).toBe(false)
    session.undo('ann')
    expect([has(), session.value('a', 'x')]).toEqual([true, null])
    const again = { node_id: 'a', property_id: 'x', new_value: null }
    expect(session.try('ann', 'UpdateProperty', again)).toEqual({ result: null })
  })

  test.each<[JsonValue | undefined, JsonValue | undefined, boolean]>([
    [undefined, null, true],
    [null, null, true],
    [0, null, false],
    ['', null, false],
    [null, 0, false],
    [undefined, '', false],
    [undefined, undefined, true],
    [null, undefined, true],
  ])('[PROP2] a property that is %j, stated to be %j: %s', (value, old_value, holds) => {
    const session = plain()
    if (value !== undefined) session.set('ann', 'a', 'x', value)
    const data = { node_id: 'a', property_id: 'x', new_value: 'new' }
    const stated = old_value === undefined ? data : { ...data, old_value }
    const { error } = session.try('ann', 'UpdateProperty', stated)
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
    expect(session.graph.node('a')?.properties).toEqual({
      anything: { deep: [null, 1] },
      toString: null,
    })
    expect(
      session.try('ann', 'DeleteProperty', { node_id: 'a', property_id: 'name' }).error?.code,
    ).toBe('INVALID_PROPERTY')
  })
})
