import type { Dealer } from '../convergence/dealer.js'

/** Names that every object has, or that a parser may trip over. */
export const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'toJSON',
  'then',
  'length',
  '',
  ' ',
  '.',
  '..',
  '/',
  '-1',
  '0',
  'null',
  'undefined',
  'NaN',
  'ı',
  '\u0000',
  '\ud800',
  '💥',
  '_placeholder',
  'a'.repeat(129),
]

/** JSON values that are seldom meant. */
const LEAVES = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e308',
  '1e999',
  '-1e999',
  '9007199254740993',
  '18446744073709551616',
  '""',
  '"__proto__"',
  '"\\ud800"',
  '"\\u0000"',
  '{}',
  '[]',
  '{"_placeholder":true,"num":0}',
  '{"_placeholder":true,"num":-1}',
  '{"_placeholder":true,"num":1e9}',
  '{"_placeholder":true,"num":"__proto__"}',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"toString":null,"valueOf":null}',
  '{"toJSON":1}',
  '{"a":1,"a":2}',
]

const nested = (levels: number, dealer: Dealer) =>
  dealer.chance(50)
    ? `${'['.repeat(levels)}1${']'.repeat(levels)}`
    : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

/** A value as JSON text: now and then deep, wide or long, most of the time small and odd. */
export function hostileValue(dealer: Dealer, depth = 3): string {
  const below = () => hostileValue(dealer, depth - 1)
  const few = () => Array.from({ length: dealer.below(4) })
  const kind = dealer.weighed({
    leaf: 50,
    name: 20,
    list: 12,
    object: 12,
    deep: 2,
    wide: 1,
    long: 3,
  })
  if (depth === 0) return dealer.pick(LEAVES)
  switch (kind) {
    case 'leaf':
      return dealer.pick(LEAVES)
    case 'name':
      return JSON.stringify(dealer.pick(HOSTILE_NAMES))
    case 'list':
      return `[${few().map(below).join(',')}]`
    case 'object':
      return `{${few()
        .map(() => `${JSON.stringify(dealer.pick(HOSTILE_NAMES))}:${below()}`)
        .join(',')}}`
    case 'deep':
      return nested(dealer.pick([50, 101, 1_000, 20_000]), dealer)
    case 'wide':
      return `[${Array(2_000).fill(dealer.pick(LEAVES)).join(',')}]`
    case 'long':
      return JSON.stringify(dealer.pick(['x', '\u0001', '💥']).repeat(dealer.below(2_000)))
    default:
      return kind satisfies never
  }
}

/** The JSON text of an object, one of whose fields is another, is gone, or is too much. */
export function spoiled(dealer: Dealer, value: object): string {
  const fields = Object.entries(value).map(([key, at]) => [
    JSON.stringify(key),
    JSON.stringify(at) ?? 'null',
  ])
  const which = dealer.below(Math.max(1, fields.length))
  const kind = dealer.weighed({ another: 50, gone: 15, more: 20, renamed: 15 })
  const field = fields[which]
  if (kind === 'gone') fields.splice(which, 1)
  else if (field && kind === 'another') field[1] = within(dealer, field[1] ?? '')
  else if (field && kind === 'renamed') field[0] = JSON.stringify(dealer.pick(HOSTILE_NAMES))
  else fields.push([JSON.stringify(dealer.pick(HOSTILE_NAMES)), hostileValue(dealer)])
  return `{${fields.map(([key, at]) => `${key}:${at}`).join(',')}}`
}

/** Something else in the place of a value, or of something inside of it. */
function within(dealer: Dealer, json: string): string {
  const value: unknown = JSON.parse(json)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && dealer.chance(70) ? spoiled(dealer, value) : hostileValue(dealer)
}
