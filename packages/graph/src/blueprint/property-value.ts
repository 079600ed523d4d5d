import type { JsonValue } from '@talus/protocol'
import type { Option, PropertyType } from './node-type.js'

type Rule = { expected: string; accepts(value: JsonValue): boolean }

const NUMERIC = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/
const DATE = /^(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** The number that a value of `number` or `currency` is, also where it is written as text. */
export function numberOf(value: JsonValue): number | undefined {
  if (typeof value === 'string') return NUMERIC.test(value) ? Number(value) : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The instant that a value of `date` is, in milliseconds; UTC where it names no zone. */
export function instantOf(value: JsonValue): number | undefined {
  if (typeof value !== 'string' || !isDate(value)) return undefined
  const [, day, clock = 'T00:00', , , zone = 'Z'] = DATE.exec(value) ?? []
  const time = clock.slice(1).replace(/(Z|[+-]\d{2}:?\d{2})$/, '')
  const offset = zone.replace(/(\d{2}):?(\d{2})$/, '$1:$2')
  const instant = Date.parse(`${day}T${time}${offset}`)
  return Number.isNaN(instant) ? undefined : instant
}

function isDate(text: string): boolean {
  const day = DATE.exec(text)?.[1]
  if (day === undefined) return false
  const time = Date.parse(`${day}T00:00:00Z`)
  // The parser lets 31 February run over into March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
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

const RULES: Readonly<Record<string, Rule>> = {
  text,
  string: text,
  editor: text,
  person: text,
  number,
  currency: number,
  date: {
    expected: 'an ISO date, an ISO date and time or an empty string',
    accepts: (value) => typeof value === 'string' && (value === '' || isDate(value)),
  },
  checkbox: {
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
  },
  node_reference: {
    expected: 'a node id or a list of node ids',
    accepts: (value) =>
      typeof value === 'string' ||
      (Array.isArray(value) && value.every((item) => typeof item === 'string')),
  },
  object: {
    expected: 'an object or an array',
    accepts: (value) => typeof value === 'object' && value !== null,
  },
}

/** The option that a value of a `select` stands for, by its id or else by its name. */
export function chosenOption(property: PropertyType, value: JsonValue): Option | undefined {
  const chosen = typeof value === 'number' ? String(value) : value
  return (
    property.options.find((option) => option.id === chosen) ??
    property.options.find((option) => option.name === chosen)
  )
}

function expectedOfSelect(property: PropertyType, value: JsonValue): string | undefined {
  if (value === '' || chosenOption(property, value)) return undefined
  return `one of ${property.options.map((option) => option.name).join(', ')}`
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
  const rule = Object.hasOwn(RULES, property.type) ? RULES[property.type] : undefined
  return !rule || rule.accepts(value) ? undefined : rule.expected
}

/** What a new node gets when nobody says otherwise (rule TREE3). */
export function defaultOf(property: PropertyType): JsonValue | undefined {
  if (property.value !== undefined) return property.value
  return property.type === 'select' ? property.options[0]?.id : undefined
}
