import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTemplate } from '../src/index.js'
import { instantOf } from '../src/blueprint/instant.js'
import { expectedInstead, numberOf } from '../src/blueprint/property-value.js'

describe('[TIME1] what a date is', () => {
  test.each([
    ['2026-02-28', '2026-02-28T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['2026-02-01T12:00', '2026-02-01T12:00:00.000Z'],
    ['2026-02-01 12:00:01', '2026-02-01T12:00:01.000Z'],
    ['2026-02-01T12:00:00.1234567890123Z', '2026-02-01T12:00:00.123Z'],
    ['2026-02-01T00:30+0530', '2026-01-31T19:00:00.000Z'],
    ['2026-02-01T23:30-12:00', '2026-02-02T11:30:00.000Z'],
  ])('%s is an instant', (text, instant) => {
    expect(new Date(instantOf(text) ?? NaN).toISOString()).toBe(instant)
  })

  test.each([
    '',
    '2026-02-30',
    '2023-02-29',
    '1900-02-29',
    '2026-00-10',
    '2026-13-01',
    '2026-01-00',
    '0000-01-01',
    '10000-01-01',
    '-0001-01-01',
    '2026-02-01T24:00',
    '2026-02-01T25:61',
    '2026-02-01T12:60',
    '2026-02-01T23:59:60Z',
    '2026-02-01T12:00+24:00',
    '2026-02-01T12:00+99:99',
    '2026-02-01T12:00:00.Z',
    '2026-02-01T',
    '2026-02-01Z',
    ' 2026-02-01',
    '2026-02-01\n',
    '２０２６-02-01',
  ])('%j is none', (text) => {
    expect(instantOf(text)).toBeUndefined()
  })

  test('it agrees with the engine on every instant of these years', () => {
    const years = { min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(years), (date) => {
        expect(instantOf(date.toISOString())).toBe(date.getTime())
      }),
    )
  })

  test('what a property takes is what a search can compare', () => {
    const date = { type: 'date', required: false } as Parameters<typeof expectedInstead>[0]
    const part = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'))
    const text = fc
      .tuple(part, part, part, part, part, part)
      .map(([m, d, h, min, zh, zm]) => `2026-${m}-${d}T${h}:${min}+${zh}:${zm}`)
    fc.assert(
      fc.property(text, (value) => {
        expect(expectedInstead(date, value) === undefined).toBe(instantOf(value) !== undefined)
      }),
    )
  })
})

test.each(['1e999', '-1e999', '1e400', 'NaN', 'Infinity', '0x10', '1,5', ''])(
  '[TIME1] the text %j is no number',
  (text) => {
    expect(numberOf(text)).toBeUndefined()
  },
)

test('[TIME1] a default that its type would not take is a warning', () => {
  const properties = [
    { id: 'due', type: 'date', value: '2026-02-30' },
    { id: 'cost', type: 'currency', value: '1e999' },
    { id: 'start', type: 'date', value: '2026-02-28' },
  ]
  const { report } = parseTemplate({ node_types: [{ id: 't', properties }] }, 't')
  expect(report.valid).toBe(true)
  expect(report.warnings.map(({ path }) => path)).toEqual([
    '/node_types/0/properties/0/value',
    '/node_types/0/properties/1/value',
  ])
})

test.each([
  ['node_types: []\nsize: 9007199254740993', /line 2, column 7/],
  ['node_types: []\nsize: 0x20000000000001', /loses digits/],
  ['node_types: []\n"a\\uD83D": 1', /surrogate/],
  ['node_types: []\nname: "half \\uD83D"', /surrogate/],
])('[NUM1][TEXT1] a template as YAML is refused with the place: %j', (yaml, reason) => {
  const { report } = parseTemplate(yaml, 't')
  expect(report.valid).toBe(false)
  expect(report.errors[0]?.reason).toMatch(reason)
})

test('[NUM1] large integers in quotes, fractions and exponents are taken', () => {
  const yaml =
    'node_types: []\na: "9007199254740993"\nb: 1e21\nc: 9007199254740992\nd: "\\uD83D\\uDC4D"'
  expect(parseTemplate(yaml, 't').report.errors).toEqual([])
})
