import type { JsonValue } from '@talus/protocol'
import { instantOf } from '../blueprint/instant.js'
import type { PropertyType } from '../blueprint/node-type.js'
import { chosenOption, isEqual, numberOf } from '../blueprint/property-value.js'
import { folded } from './fold.js'

type Typed = PropertyType | undefined

/** The order of values, for the types that have one of their own. */
const ORDERED = new Map<string | undefined, (value: JsonValue) => number | undefined>([
  ['number', numberOf],
  ['currency', numberOf],
  ['date', instantOf],
])

function numberAsSuch(value: JsonValue): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** Negative, 0 or positive as `a` stands to `b`; undefined when they have no order. */
export function orderOf(property: Typed, a: JsonValue, b: JsonValue): number | undefined {
  const amountOf = ORDERED.get(property?.type) ?? numberAsSuch
  const [x, y] = [amountOf(a), amountOf(b)]
  if (x !== undefined && y !== undefined) return x - y
  const areTexts = typeof a === 'string' && typeof b === 'string' && a !== ''
  if (!areTexts || ORDERED.has(property?.type)) return undefined
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** What an option shows: its uuid is nothing to read, and is found as a whole only. */
function optionTexts(property: Typed, value: JsonValue, wanted: string): string[] | undefined {
  const option = chosenOption(property, value)
  return option && (option.uuid === wanted ? [wanted] : [option.id, option.name])
}

/**
 * The texts that a value shows to somebody who looks for `wanted`: of options, also those of a list,
 * id and name.
 */
export function textsOf(property: Typed, value: JsonValue, wanted: string): string[] {
  if (Array.isArray(value)) {
    return property ? value.flatMap((item) => optionTexts(property, item, wanted) ?? []) : []
  }
  return optionTexts(property, value, wanted) ?? (typeof value === 'string' ? [value] : [])
}

/** Whether a text holds another, or a list has an item (rule FIND2). */
export function contains(property: Typed, value: JsonValue, part: JsonValue): boolean {
  if (Array.isArray(value)) return value.some((item) => isEqual(property, item, part))
  if (typeof part !== 'string') return false
  const needle = folded(part)
  return textsOf(property, value, part).some((text) => folded(text).includes(needle))
}
