import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { ActorClaim, check, checkJson, describeValue, Position, SessionId } from '../src/index.js'

function detailsOf(schema: object, value: unknown) {
  const result = check(schema, value)
  return result.ok ? [] : (result.error.details ?? [])
}

describe('a detail says where, what was expected and what came', () => {
  const Sample = Type.Object(
    {
      id: SessionId,
      count: Type.Integer({ minimum: 0 }),
      mode: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')])),
      list: Type.Optional(Type.Array(Type.Object({ of: Type.Union([SessionId, Type.Null()]) }))),
    },
    { additionalProperties: false },
  )
  const alphabet = 'string (Session id: 1 to 128 of A-Z a-z 0-9 . _ : -)'

  test('a missing field', () => {
    expect(detailsOf(Sample, { id: 'a' })).toEqual([
      { path: '/count', expected: 'to be present', actual: 'nothing' },
    ])
  })

  test('an extra field, and one whose name needs escaping', () => {
    expect(detailsOf(Sample, { id: 'a', count: 0, extra: 1, 'a/b~c': 1 })).toEqual([
      { path: '/extra', expected: 'to be absent' },
      { path: '/a~1b~0c', expected: 'to be absent' },
    ])
  })

  test('a wrong type', () => {
    expect(detailsOf(Sample, { id: 'a', count: '5' })).toEqual([
      { path: '/count', expected: 'to be integer', actual: '5' },
    ])
  })

  test('a number out of range', () => {
    expect(detailsOf(Sample, { id: 'a', count: -1 })).toEqual([
      { path: '/count', expected: 'to be >= 0', actual: -1 },
    ])
  })

  test('an alphabet is named, not its pattern', () => {
    expect(detailsOf(Sample, { id: 'a b', count: 0 })).toEqual([
      { path: '/id', expected: `to be ${alphabet}`, actual: 'a b' },
    ])
  })

  test('a union is one detail that lists its alternatives', () => {
    expect(detailsOf(Sample, { id: 'a', count: 0, mode: 'c' })).toEqual([
      { path: '/mode', expected: 'to be one of "a" | "b"', actual: 'c' },
    ])
  })

  test('a union inside a list is found at its index', () => {
    const list = [{ of: 'a' }, { of: null }, { of: 'a b' }]
    expect(detailsOf(Sample, { id: 'a', count: 0, list })).toEqual([
      { path: '/list/2/of', expected: `to be one of ${alphabet} | null`, actual: 'a b' },
    ])
  })

  test('a payload of another kind', () => {
    const [first] = detailsOf(Sample, 'text')
    expect(first).toMatchObject({ path: '', actual: 'text' })
  })

  test('the first detail is in the message, below the place it was checked at', () => {
    expect(check(Sample, { id: 'a', count: -1 }, '/data')).toMatchObject({
      error: {
        code: 'BAD_REQUEST',
        message: 'The payload is not valid: expected /data/count to be >= 0',
        details: [{ path: '/data/count' }],
      },
    })
  })
})

describe('unions of objects', () => {
  const positions =
    'to be one of { at: "start" | "end" } | { before: string } | { after: string } | { index: integer }'

  test.each([
    ['a wrong word', { at: 'top' }, 'an object'],
    ['two at once', { at: 'start', before: 'n' }, 'an object'],
    ['nothing', {}, 'an object'],
    [
      'many extra fields',
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, 1])),
      'an object',
    ],
    ['a number', 5, 5],
    ['a list', [], 'an array'],
  ])('position: %s', (_what, position, actual) => {
    expect(detailsOf(Position, position)).toEqual([{ path: '', expected: positions, actual }])
  })

  test('an actor says both of its forms', () => {
    const [first, ...rest] = detailsOf(Type.Object({ actor: ActorClaim }), { actor: { id: '' } })
    expect(first?.path).toBe('/actor')
    expect(first?.expected).toMatch(
      /^to be one of string \(.*\) \| \{ id: string, name\?: string \}$/,
    )
    expect(rest).toEqual([])
  })
})

describe('hostile values', () => {
  const Empty = Type.Object({}, { additionalProperties: false })

  test('there are at most ten details', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, 1]))
    const { length } = detailsOf(Empty, many)
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThanOrEqual(10)
  })

  test('a huge name or value is not sent back', () => {
    const huge = 'x'.repeat(1_000_000)
    expect(JSON.stringify(check(Empty, { [huge]: 1 })).length).toBeLessThan(2000)
    expect(JSON.stringify(check(SessionId, huge)).length).toBeLessThan(2000)
    expect(JSON.stringify(checkJson({ [huge]: Infinity })).length).toBeLessThan(2000)
  })

  test.each([
    [null, null],
    [true, true],
    [1.5, 1.5],
    ['text', 'text'],
    [undefined, 'nothing'],
    [[], 'an array'],
    [{}, 'an object'],
    [() => 1, 'a function'],
    ['x'.repeat(81), `${'x'.repeat(77)}...`],
  ])('%s is shown as %s', (value, shown) => {
    expect(describeValue(value)).toBe(shown)
  })
})

describe('checkJson', () => {
  test.each([
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a buffer', new Uint8Array(1).buffer],
    ['a function', () => 1],
    ['a big integer', 1n],
    ['nothing', undefined],
    ['not a number', Number.NaN],
  ])('refuses %s', (_what, value) => {
    expect(checkJson(value)).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } })
  })

  test('accepts an object without prototype, and a field that is undefined', () => {
    expect(checkJson(Object.assign(Object.create(null), { a: 1 })).ok).toBe(true)
    expect(checkJson({ a: undefined }).ok).toBe(true)
  })

  test.each([
    ['lists', (value: unknown) => [value]],
    ['objects', (value: unknown) => ({ a: value })],
  ])('[LIM2] tells how deep a value may be, of %s of any depth', (_what, around) => {
    for (const levels of [101, 10_000, 500_000]) {
      let value: unknown = 0
      for (let i = 0; i < levels; i += 1) value = around(value)
      expect(checkJson(value)).toMatchObject({
        error: {
          code: 'LIMIT_EXCEEDED',
          details: [{ expected: 'to be nested at most 100 levels deep' }],
        },
      })
    }
  })

  test('[LIM2] tells how wide a value may be, and where it is wider', () => {
    const limits = { depth: 100, width: 3 }
    const keys = { a: 1, b: 2, c: 3 }
    expect(checkJson([keys, [1, 2, 3], 'abcd'], '', limits).ok).toBe(true)
    expect(checkJson({ 'x/y': [0, { ...keys, d: 4 }] }, '/data', limits)).toMatchObject({
      error: {
        code: 'LIMIT_EXCEEDED',
        details: [{ path: '/data/x~1y/1', expected: 'to have at most 3 keys or items', actual: 4 }],
      },
    })
    expect(checkJson([1, 2, 3, 4], '', limits)).toMatchObject({
      error: { details: [{ path: '', actual: 4 }] },
    })
  })

  test('a problem is told with the whole way to it', () => {
    const value = { a: [0, { b: [[], { c: Number.NaN }] }], z: 1 }
    expect(checkJson(value)).toMatchObject({ error: { details: [{ path: '/a/1/b/1/c' }] } })
  })
})

describe('of a large value', () => {
  const Sample = Type.Object(
    { id: SessionId, list: Type.Optional(Type.Array(Type.Object({ of: SessionId }))) },
    { additionalProperties: false },
  )

  test('a few errors are told, whichever keys it has', () => {
    const extra = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`x${n}`, n]))
    const details = detailsOf(Sample, { ...extra, id: 5 })
    expect(details.length).toBeLessThanOrEqual(10)
    expect(details).toContainEqual({ path: '/x0', expected: 'to be absent' })
  })

  test('a declared key is told that stands behind thousands', () => {
    const list = Array.from({ length: 5_000 }, () => ({ of: 'a' }))
    expect(detailsOf(Sample, { list, id: 5 })).toMatchObject([{ path: '/id', actual: 5 }])
  })

  test('it is refused also when what is wrong comes late', () => {
    const list = Array.from({ length: 5_000 }, (_, n) => ({ of: n === 4_999 ? 5 : 'a' }))
    expect(check(Sample, { id: 'a', list })).toMatchObject({
      ok: false,
      error: {
        code: 'BAD_REQUEST',
        details: [{ path: '', expected: expect.stringMatching(/shape/) }],
      },
    })
  })
})
