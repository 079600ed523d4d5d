import type { JsonValue } from '@talus/protocol'
import { sameJson } from '../json-equality.js'
import { instantOf } from './instant.js'
import type { Option, PropertyType } from './node-type.js'

type Rule = { expected: string; accepts(value: JsonValue): boolean }

const NUMERIC = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/

/** The number that a value of `number` or `currency` is, also where it is written as text. */
export function numberOf(value: JsonValue): number | undefined {
  if (typeof value === 'string' && !NUMERIC.test(value)) return undefined
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  // `1e999` is well-formed, and no number that anything could be compared with.
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** What a value of `checkbox` says, also where it is written as text. */
export function truthOf(value: JsonValue): boolean | undefined {
  const text = typeof value === 'string' ? value.toLowerCase() : value
  if (text === true || text === 'true') return true
  return text === false || text === 'false' ? false : undefined
}

const text: Rule = {
  expected: 'a string',
  accepts: (value) => typeof value === 'string',
}

// Files of the existing application hold numbers as text, and '' where none was entered.
const number: Rule = {
  expected: 'a number, a numeric string or an empty string',
  accepts: (value) => value === '' || numberOf(value) !== undefined,
}

const reference: Rule = {
  expected: 'a node id or a list of node ids',
  accepts: (value) =>
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((item) => typeof item === 'string')),
}

const RULES: Readonly<Record<string, Rule>> = {
  text,
  string: text,
  editor: text,
  person: reference,
  number,
  currency: number,
  date: {
    expected: 'an ISO date, an ISO date and time or an empty string',
    accepts: (value) => value === '' || instantOf(value) !== undefined,
  },
  checkbox: {
    expected: 'true or false, also as text, or an empty string',
    accepts: (value) => value === '' || truthOf(value) !== undefined,
  },
  node_reference: reference,
  object: {
    expected: 'an object or an array',
    accepts: (value) => typeof value === 'object' && value !== null,
  },
}

function expectedOfSelect(property: PropertyType, value: JsonValue): string | undefined {
  if (value === '' || property.option(value)) return undefined
  return `one of ${property.options.map((option) => option.name).join(', ')}`
}

/** What values of a type, other than `select`, have to be, unless this one is such a value. */
export function expectedOf(type: string, value: JsonValue): string | undefined {
  const rule = Object.hasOwn(RULES, type) ? RULES[type] : undefined
  return !rule || rule.accepts(value) ? undefined : rule.expected
}

/** Whether this package checks the values of a property type; others accept anything. */
export function isKnownPropertyType(type: string): boolean {
  return type === 'select' || Object.hasOwn(RULES, type)
}

/**
 * What a property would accept instead of `value`; undefined when it accepts it (rule TREE2).
 * Null stands for no value, which only a required property refuses.
 */
export function expectedInstead(property: PropertyType, value: JsonValue): string | undefined {
  if (value === null || value === '') {
    if (property.required) return 'a value, as the property is required'
    if (value === null) return undefined
  }
  if (property.type === 'select') return expectedOfSelect(property, value)
  return expectedOf(property.type, value)
}

/** Whether values of the property name options: those of a `select`, and of types not known here. */
function isChoice({ type, options }: PropertyType): boolean {
  return options.length > 0 && !Object.hasOwn(RULES, type)
}

/** The option that a value names; undefined where it names none, or the property has no options. */
export function chosenOption(
  property: PropertyType | undefined,
  value: JsonValue,
): Option | undefined {
  return property && isChoice(property) ? property.option(value) : undefined
}

/** Whether two values of a property are the same, or name the same options in order (rule SEL2). */
export function isEqual(
  property: PropertyType | undefined,
  a: JsonValue | undefined,
  b: JsonValue | undefined,
): boolean {
  if (sameJson(a, b)) return true
  if (!property || !isChoice(property) || a === undefined || b === undefined) return false
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => isEqual(property, item, b[at]))
  }
  const option = property.option(a)
  return option !== undefined && option === property.option(b)
}

/** What a value amounts to, for the types whose values are compared by it. */
const AMOUNTS = new Map<string | undefined, (value: JsonValue) => unknown>([
  ['number', numberOf],
  ['currency', numberOf],
  ['date', instantOf],
  ['checkbox', truthOf],
])

/** Whether two values of a property mean the same (rule FIND2). */
export function sameValue(property: PropertyType | undefined, a: JsonValue, b: JsonValue): boolean {
  const amountOf = AMOUNTS.get(property?.type)
  const amount = amountOf?.(a)
  return amount === undefined ? isEqual(property, a, b) : amountOf?.(b) === amount
}

/** What a new node gets when nobody says otherwise (rule TREE3). */
export function defaultOf(property: PropertyType): JsonValue | undefined {
  if (property.value !== undefined) return property.value
  return property.type === 'select' ? property.options[0]?.id : undefined
}
