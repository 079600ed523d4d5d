import { describe, expect, test } from 'vitest'
import { compareSchemas } from '../../src/compatibility/schemas.js'
import type { Schema } from '../../src/contract.js'
import { object, text } from './small-contract.js'

/**
 * A change of a schema: what it breaks where clients send it, and where they read it. Nothing means
 * that no client notices.
 */
type Case = [change: string, before: Schema, after: Schema, sent: string[], read: string[]]

const open = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
})
const array = (items: Schema, rest: Schema = {}): Schema => ({ type: 'array', items, ...rest })
const either = (...anyOf: Schema[]): Schema => ({ anyOf })
const literal = (value: string | number | boolean): Schema => ({ type: typeof value, const: value })
const choice = (...values: string[]): Schema => ({ type: 'string', enum: values })
const map = (value: Schema, pattern = '^.*$'): Schema => ({
  type: 'object',
  patternProperties: { [pattern]: value },
})
const nothing: Schema = { type: 'null' }
const integer: Schema = { type: 'integer' }
const number: Schema = { type: 'number' }
const ANY: Schema = {}

const PLAIN: Case[] = [
  ['nothing', text, text, [], []],
  ['prose', text, { ...text, description: 'A name' }, [], []],
  [
    'the type',
    text,
    number,
    [' is narrowed from string to number'],
    [' is widened from string to number'],
  ],
  ['integer to number', integer, number, [], [' is widened from integer to number']],
  ['number to integer', number, integer, [' is narrowed from number to integer'], []],
  ['anything to a type', ANY, text, [' is narrowed from any to string'], []],
  ['a type to anything', text, ANY, [], [' is widened from string to any']],
  [
    'a constant',
    literal('a'),
    literal('b'),
    [' is narrowed from "a" to "b"'],
    [' is widened from "a" to "b"'],
  ],
  ['a constant to its type', literal('a'), text, [], [' is widened from "a" to string']],
  ['a type to a constant', text, literal('a'), [' is narrowed from string to "a"'], []],
  [
    'a boolean constant to another',
    literal(true),
    literal(false),
    [' is narrowed from true to false'],
    [' is widened from true to false'],
  ],
]

const BOUNDS: Case[] = [
  [
    'a greater maxLength',
    { ...text, maxLength: 9 },
    { ...text, maxLength: 10 },
    [],
    [' maxLength is widened from 9 to 10'],
  ],
  [
    'a smaller maxLength',
    { ...text, maxLength: 10 },
    { ...text, maxLength: 9 },
    [' maxLength is narrowed from 10 to 9'],
    [],
  ],
  [
    'a new maxLength',
    text,
    { ...text, maxLength: 9 },
    [' maxLength is narrowed from none to 9'],
    [],
  ],
  [
    'no maxLength any longer',
    { ...text, maxLength: 9 },
    text,
    [],
    [' maxLength is widened from 9 to none'],
  ],
  [
    'a greater minimum',
    { ...integer, minimum: 0 },
    { ...integer, minimum: 1 },
    [' minimum is narrowed from 0 to 1'],
    [],
  ],
  [
    'a smaller minimum',
    { ...integer, minimum: 1 },
    { ...integer, minimum: 0 },
    [],
    [' minimum is widened from 1 to 0'],
  ],
  [
    'a smaller maximum',
    { ...integer, maximum: 10 },
    { ...integer, maximum: 5 },
    [' maximum is narrowed from 10 to 5'],
    [],
  ],
  [
    'another pattern',
    { ...text, pattern: '^a' },
    { ...text, pattern: '^b' },
    [' pattern is narrowed from ^a to ^b'],
    [' pattern is widened from ^a to ^b'],
  ],
  ['a new pattern', text, { ...text, pattern: '^a' }, [' pattern is narrowed from none to ^a'], []],
  [
    'no pattern any longer',
    { ...text, pattern: '^a' },
    text,
    [],
    [' pattern is widened from ^a to none'],
  ],
  [
    'a constant to a pattern that it fits',
    literal('a'),
    { ...text, pattern: '^a$' },
    [],
    [' is widened from "a" to string'],
  ],
]

const CHOICES: Case[] = [
  [
    'a value more',
    choice('a', 'b'),
    choice('a', 'b', 'c'),
    [],
    [' is widened from "a" | "b" to "c"'],
  ],
  ['a value less', choice('a', 'b'), choice('a'), [' is narrowed from "b" to "a"'], []],
  ['a union of literals to an enum', either(literal('a'), literal('b')), choice('a', 'b'), [], []],
  ['the order of values', choice('a', 'b'), choice('b', 'a'), [], []],
  ['null as well', text, either(text, nothing), [], [' is widened from string to null']],
  ['null no longer', either(text, nothing), text, [' is narrowed from null to string'], []],
  ['an array of types', { type: ['string', 'null'] }, either(text, nothing), [], []],
  [
    'an alternative more',
    either(object({ before: text }, ['before'])),
    either(object({ before: text }, ['before']), object({ at: text }, ['at'])),
    [],
    [' is widened from { before: string } to { at: string }'],
  ],
  [
    'an alternative less',
    either(object({ before: text }, ['before']), object({ at: text }, ['at'])),
    object({ before: text }, ['before']),
    [' is narrowed from { at: string } to { before: string }'],
    [],
  ],
  [
    'an alternative of three less',
    either(object({ b: text }, ['b']), object({ a: text }, ['a']), text),
    either(object({ b: text }, ['b']), text),
    [' is narrowed from { a: string } to { b: string } | string'],
    [],
  ],
  [
    'a field of one alternative',
    either(
      object({ type: literal('add'), id: text }, ['type', 'id']),
      object({ type: literal('drop'), id: text }, ['type', 'id']),
    ),
    either(
      object({ type: literal('drop'), id: text }, ['type', 'id']),
      object({ type: literal('add'), id: number }, ['type', 'id']),
    ),
    ['/id is narrowed from string to number'],
    ['/id is widened from string to number'],
  ],
]

const OBJECTS: Case[] = [
  ['an optional field more', object({}), object({ a: text }), [], []],
  ['a required field more', object({}), object({ a: text }, ['a']), ['/a has to be sent now'], []],
  ['a field less', object({ a: text }), object({}), ['/a was removed'], ['/a was removed']],
  [
    'a required field less',
    object({ a: text }, ['a']),
    object({}),
    ['/a was removed'],
    ['/a was removed'],
  ],
  [
    'a field under another name',
    object({ a: text }, ['a']),
    object({ b: text }, ['b']),
    ['/a was removed', '/b has to be sent now'],
    ['/a was removed'],
  ],
  [
    'required that was optional',
    object({ a: text }),
    object({ a: text }, ['a']),
    ['/a has to be sent now'],
    [],
  ],
  [
    'optional that was required',
    object({ a: text }, ['a']),
    object({ a: text }),
    [],
    ['/a may be missing now'],
  ],
  [
    'the type of a field',
    object({ a: text }),
    object({ a: number }),
    ['/a is narrowed from string to number'],
    ['/a is widened from string to number'],
  ],
  [
    'a field far inside',
    object({ a: object({ b: array(object({ c: text })) }) }),
    object({ a: object({ b: array(object({ c: text, d: text }, ['d'])) }) }),
    ['/a/b/*/d has to be sent now'],
    [],
  ],
  ['other fields as well', object({ a: text }), open({ a: text }), [], []],
  [
    'other fields no longer',
    open({ a: text }),
    object({ a: text }),
    [' takes no other fields any longer'],
    [],
  ],
  ['a field that was free', open({}), open({ a: text }), ['/a is narrowed from any to string'], []],
  ['a field that was free and still is', open({}), open({ a: ANY }), [], []],
]

const CONTAINERS: Case[] = [
  [
    'the items',
    array(text),
    array(number),
    ['/* is narrowed from string to number'],
    ['/* is widened from string to number'],
  ],
  [
    'fewer items',
    array(text, { maxItems: 10 }),
    array(text, { maxItems: 5 }),
    [' maxItems is narrowed from 10 to 5'],
    [],
  ],
  [
    'at least one item',
    array(text),
    array(text, { minItems: 1 }),
    [' minItems is narrowed from none to 1'],
    [],
  ],
  [
    'the values of a map',
    map(text),
    map(either(text, number)),
    [],
    ['/* is widened from string to number'],
  ],
  [
    'the names of a map',
    map(text),
    { ...map(text, '^[a-z]+$'), additionalProperties: false },
    [' takes no other fields any longer'],
    [],
  ],
  [
    'a field beside a map',
    map(text),
    { ...map(text), properties: { a: number } },
    ['/a is narrowed from string to number'],
    ['/a is widened from string to number'],
  ],
  [
    'additionalProperties with a schema',
    { type: 'object', additionalProperties: text },
    { type: 'object', additionalProperties: number },
    ['/* is narrowed from string to number'],
    ['/* is widened from string to number'],
  ],
  [
    'a part of an intersection',
    { allOf: [object({ ok: literal(true) }, ['ok']), open({ a: text }, ['a'])] },
    { allOf: [object({ ok: literal(true) }, ['ok']), open({ a: text })] },
    [],
    ['/a may be missing now'],
  ],
  [
    'an intersection written out',
    { allOf: [open({ a: text }, ['a']), open({ b: text })] },
    open({ b: text, a: text }, ['a']),
    [],
    [],
  ],
]

const faultsOf = (direction: 'sent' | 'read', before: Schema, after: Schema) => {
  const [inner, outer] = direction === 'sent' ? [before, after] : [after, before]
  const documents = { innerDocument: {}, outerDocument: {} }
  const faults = compareSchemas({ inner, outer, direction, ...documents, at: '', within: [] })
  return faults.map(({ at, what }) => `${at} ${what}`).toSorted()
}

describe.each([
  ['plain', PLAIN],
  ['bounds', BOUNDS],
  ['choices', CHOICES],
  ['objects', OBJECTS],
  ['containers', CONTAINERS],
])('%s', (_kind, cases) => {
  test.each(cases)('%s', (_change, before, after, sent, read) => {
    expect(faultsOf('sent', before, after)).toEqual(sent)
    expect(faultsOf('read', before, after)).toEqual(read)
  })

  test.each(cases)('%s: nothing changes from itself', (_change, before, after) => {
    for (const schema of [before, after]) {
      // Another object, so that it is looked at.
      const again = structuredClone(schema)
      expect(faultsOf('sent', schema, again)).toEqual([])
      expect(faultsOf('read', schema, again)).toEqual([])
    }
  })
})

describe('references', () => {
  const tree = (value: Schema) => ({
    $defs: { Tree: open({ value, below: array({ $ref: '#/$defs/Tree' }) }, ['value']) },
  })

  const compare = (before: object, after: object) =>
    compareSchemas({
      inner: { $ref: '#/$defs/Tree' },
      outer: { $ref: '#/$defs/Tree' },
      direction: 'sent',
      at: '',
      innerDocument: before as Schema,
      outerDocument: after as Schema,
      within: [],
    })

  test('lead to what changed, each in its own document, and end where they repeat', () => {
    expect(compare(tree(text), tree(number))).toEqual([
      { at: '/value', what: 'is narrowed from string to number' },
    ])
    expect(compare(tree(text), tree(text))).toEqual([])
  })

  test('that lead nowhere are a fault of the contract', () => {
    expect(() => compare(tree(text), {})).toThrow('The contract has nothing at #/$defs/Tree')
  })
})
