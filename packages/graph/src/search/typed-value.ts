import type { JsonValue } from '@talus/protocol'
import type { PropertyType } from '../blueprint/node-type.js'
import { chosenOption, instantOf, numberOf } from '../blueprint/property-value.js'
import { sameJson } from '../json-equality.js'
import { folded } from './fold.js'

type Typed = PropertyType | undefined

/** What a value amounts to, for the types whose values are compared by it. */
const AMOUNTS = new Map<string | undefined, (value: JsonValue) => number | undefined>([
  ['number', numberOf],
  ['currency', numberOf],
  ['date', instantOf],
])

/** Whether two values of a property mean the same (rule FIND2). */
export function sameValue(property: Typed, a: JsonValue, b: JsonValue): boolean {
  const option = property?.type === 'select' ? chosenOption(property, a) : undefined
  if (property && option) return chosenOption(property, b) === option
  const amountOf = AMOUNTS.get(property?.type)
  const amount = amountOf?.(a)
  if (amount !== undefined) return amountOf?.(b) === amount
  return sameJson(a, b)
}

function numberAsSuch(value: JsonValue): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** Negative, 0 or positive as `a` stands to `b`; undefined when they have no order. */
export function orderOf(property: Typed, a: JsonValue, b: JsonValue): number | undefined {
  const amountOf = AMOUNTS.get(property?.type) ?? numberAsSuch
  const [x, y] = [amountOf(a), amountOf(b)]
  if (x !== undefined && y !== undefined) return x - y
  const areTexts = typeof a === 'string' && typeof b === 'string' && a !== ''
  if (!areTexts || AMOUNTS.has(property?.type)) return undefined
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** The texts that a value shows: of a `select` the id and the name of its option. */
export function textsOf(property: Typed, value: JsonValue): string[] {
  const option = property?.type === 'select' ? chosenOption(property, value) : undefined
  if (option) return [option.id, option.name]
  return typeof value === 'string' ? [value] : []
}

/** Whether a text holds another, or a list has an item (rule FIND2). */
export function contains(property: Typed, value: JsonValue, part: JsonValue): boolean {
  if (Array.isArray(value)) return value.some((item) => sameJson(item, part))
  if (typeof part !== 'string') return false
  const needle = folded(part)
  return textsOf(property, value).some((text) => folded(text).includes(needle))
}
