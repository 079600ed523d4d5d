import { describe, expect, test } from 'vitest'
import { COMMANDS, commandTypeOf, MAX_BATCH, MAX_DEPTH, parseCommand } from '../src/index.js'

const deep = (levels: number): unknown => {
  let value: unknown = 0
  for (let i = 0; i < levels; i += 1) value = { a: value }
  return value
}

const update = (new_value: unknown) => ({ node_id: 'n', property_id: 'p', new_value })

describe('names of commands', () => {
  test.each(Object.keys(COMMANDS))('%s and its class name are the same command', (type) => {
    expect(commandTypeOf(type)).toBe(type)
    expect(commandTypeOf(`${type}Command`)).toBe(type)
  })

  test('an alias is resolved, also inside a batch', () => {
    const data = { node_id: 'n' }
    const inner = { command_type: 'DeleteNode', data }
    expect(parseCommand('DeleteNodeCommand', data)).toEqual({ ok: true, value: inner })
    expect(
      parseCommand('BatchCommand', { commands: [{ command_type: 'DeleteNodeCommand', data }] }),
    ).toEqual({ ok: true, value: { command_type: 'Batch', data: { commands: [inner] } } })
  })

  test.each([
    '',
    'createnode',
    'CreateNodeCommandCommand',
    'toString',
    'constructor',
    'hasOwnProperty',
    '__proto__',
  ])('%j is no command', (name) => {
    expect(commandTypeOf(name)).toBeUndefined()
    expect(parseCommand(name, {})).toMatchObject({
      ok: false,
      error: { code: 'UNKNOWN_COMMAND', details: [{ path: '/command_type', actual: name }] },
    })
  })

  test('a long name comes back shortened', () => {
    const result = parseCommand('x'.repeat(1000), {})
    expect(JSON.stringify(result).length).toBeLessThan(500)
  })
})

describe('data that is refused', () => {
  const prototype: unknown = JSON.parse('{"__proto__": {"polluted": true}}')
  const cases: [what: string, type: string, data: unknown, path: string][] = [
    ['no data', 'DeleteNode', undefined, '/data'],
    ['null', 'DeleteNode', null, '/data'],
    ['a string', 'DeleteNode', 'n', '/data'],
    ['an array', 'DeleteNode', ['n'], '/data'],
    ['a missing field', 'DeleteNode', {}, '/data/node_id'],
    ['a wrong type', 'DeleteNode', { node_id: 5 }, '/data/node_id'],
    ['an empty id', 'DeleteNode', { node_id: '' }, '/data/node_id'],
    ['a long id', 'DeleteNode', { node_id: 'n'.repeat(129) }, '/data/node_id'],
    ['a foreign alphabet', 'DeleteNode', { node_id: 'n/1' }, '/data/node_id'],
    ['the id __proto__', 'DeleteNode', { node_id: '__proto__' }, '/data/node_id'],
    ['an extra field', 'DeleteNode', { node_id: 'n', force: true }, '/data/force'],
    ['a key __proto__', 'DeleteNode', prototype, '/data/__proto__'],
    [
      'a property __proto__',
      'CreateNode',
      { blueprint_type_id: 't', properties: prototype },
      '/data/properties/__proto__',
    ],
    [
      'a property id with a control character',
      'CreateNode',
      { blueprint_type_id: 't', properties: { 'a\nb': 1 } },
      '/data/properties/a\nb',
    ],
    [
      'a property named __proto__',
      'UpdateProperty',
      { node_id: 'n', property_id: '__proto__', new_value: 1 },
      '/data/property_id',
    ],
    [
      '__proto__ inside a value',
      'UpdateProperty',
      update([prototype]),
      '/data/new_value/0/__proto__',
    ],
    ['binary data', 'UpdateProperty', update(new Uint8Array(2)), '/data/new_value'],
    ['an infinite number', 'UpdateProperty', update(Infinity), '/data/new_value'],
    [
      'a missing new value',
      'UpdateProperty',
      { node_id: 'n', property_id: 'p' },
      '/data/new_value',
    ],
    [
      'a negative index',
      'MoveNode',
      { node_id: 'n', parent_id: null, position: { index: -1 } },
      '/data/position',
    ],
    [
      'two positions',
      'MoveNode',
      { node_id: 'n', parent_id: null, position: { at: 'end', index: 0 } },
      '/data/position',
    ],
    ['an empty batch', 'Batch', { commands: [] }, '/data/commands'],
    ['a batch of nothing', 'Batch', { commands: [null] }, '/data/commands/0'],
    [
      'a wrong command in a batch',
      'Batch',
      {
        commands: [
          { command_type: 'DeleteNode', data: { node_id: 'n' } },
          { command_type: 'DeleteNode', data: { node_id: 5 } },
        ],
      },
      '/data/commands/1/data/node_id',
    ],
  ]

  test.each(cases)('%s', (_what, type, data, path) => {
    const result = parseCommand(type, data)
    expect(result).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST', details: [{ path }] } })
    expect(result.ok || result.error.message).toContain(path)
  })

  test('an unknown command in a batch is named with its place', () => {
    const commands = [{ command_type: 'toString', data: {} }]
    expect(parseCommand('Batch', { commands })).toMatchObject({
      error: { code: 'UNKNOWN_COMMAND', details: [{ path: '/data/commands/0/command_type' }] },
    })
  })

  test('[CMD6] a batch in a batch', () => {
    const commands = [{ command_type: 'BatchCommand', data: { commands: [] } }]
    expect(parseCommand('Batch', { commands })).toMatchObject({
      error: { code: 'BAD_REQUEST', details: [{ path: '/data/commands/0/command_type' }] },
    })
  })

  test('a batch that is too long', () => {
    const item = { command_type: 'DeleteNode', data: { node_id: 'n' } }
    const batch = (length: number) => parseCommand('Batch', { commands: Array(length).fill(item) })
    expect(batch(MAX_BATCH).ok).toBe(true)
    expect(batch(MAX_BATCH + 1)).toMatchObject({ error: { details: [{ path: '/data/commands' }] } })
  })

  test('nothing reaches a prototype', () => {
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('data that is accepted', () => {
  const values: unknown[] = [null, false, 0, '', 'text', [], {}, [{ a: [null] }], { toString: 1 }]

  test.each(values.map((value) => ({ value })))('the value $value', ({ value }) => {
    expect(parseCommand('UpdateProperty', update(value))).toEqual({
      ok: true,
      value: { command_type: 'UpdateProperty', data: update(value) },
    })
  })

  test.each(['toString', 'constructor', 'hasOwnProperty'])('%s as an id', (id) => {
    const data = { node_id: id, property_id: id, new_value: id }
    expect(parseCommand('UpdateProperty', data)).toMatchObject({ ok: true, value: { data } })
  })

  test('a value as deep as the limit, and no deeper', () => {
    // The data itself is the first level.
    expect(parseCommand('UpdateProperty', update(deep(MAX_DEPTH - 1))).ok).toBe(true)
    expect(parseCommand('UpdateProperty', update(deep(MAX_DEPTH))).ok).toBe(false)
    expect(parseCommand('UpdateProperty', update(deep(500_000))).ok).toBe(false)
  })

  test('the label of a batch', () => {
    const data = { commands: [{ command_type: 'DeleteNode', data: { node_id: 'n' } }], label: 'L' }
    expect(parseCommand('Batch', data)).toMatchObject({ ok: true, value: { data: { label: 'L' } } })
  })
})
