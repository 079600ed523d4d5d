import {
  fail,
  ok,
  type JsonValue,
  type Result,
  type SearchCondition,
  type SearchOperator,
} from '@talus/protocol'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { PropertyType } from '../blueprint/node-type.js'
import { ownValue, type NodeRecord } from '../node-record.js'
import { keyIn, namedProperty, type NamedProperty } from '../plan/property.js'
import type { WeighedMatcher } from './matcher.js'
import { textTest } from './text.js'
import { sameValue } from '../blueprint/property-value.js'
import { contains, orderOf } from './typed-value.js'

type Property = PropertyType | undefined

type ValueTest = (property: Property, value: JsonValue, given: JsonValue) => boolean

/** `value` is undefined where the node does not have the property. */
type Test = (property: Property, value: JsonValue | undefined, given: JsonValue) => boolean

function present(test: ValueTest): Test {
  return (property, value, given) => value !== undefined && test(property, value, given)
}

function ordered(fits: (order: number) => boolean): Test {
  return present((property, value, given) => {
    const order = orderOf(property, value, given)
    return order !== undefined && fits(order)
  })
}

const equal = present(sameValue)

// Null is a value; an absent property has none (rule FIND3).
const TESTS: Record<SearchOperator, Test> = {
  eq: equal,
  ne: (property, value, given) => !equal(property, value, given),
  lt: ordered((order) => order < 0),
  lte: ordered((order) => order <= 0),
  gt: ordered((order) => order > 0),
  gte: ordered((order) => order >= 0),
  contains: present(contains),
  exists: (_, value, given) =>
    (value !== undefined && value !== null && value !== '') === (given !== false),
  in: (property, value, given) =>
    Array.isArray(given) && given.some((each) => equal(property, value, each)),
}

/** Characters of a text that is looked for in others: to fold them takes no time. */
const MAX_PART = 4_096

function expectedPart(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return 'a value'
  const isLong = typeof value === 'string' && value.length > MAX_PART
  return isLong ? `a text of at most ${MAX_PART.toLocaleString('en')} characters` : undefined
}

function expectedValue({ operator, value }: SearchCondition): string | undefined {
  switch (operator) {
    case 'exists':
      return value === undefined || typeof value === 'boolean'
        ? undefined
        : 'true, false or nothing'
    case 'in':
      return Array.isArray(value) ? undefined : 'a list of values'
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return typeof value === 'number' || typeof value === 'string'
        ? undefined
        : 'a number or a text'
    case 'eq':
    case 'ne':
      return value === undefined ? 'a value' : undefined
    case 'contains':
      return expectedPart(value)
    default:
      return operator satisfies never
  }
}

/** Items of a list that are as much work as one comparison of a property. */
const ITEMS = 4

/** The property that a condition means, on nodes of each type. */
function namedOn(property_id: string, blueprint: Blueprint | null) {
  const known = new Map<string, NamedProperty>()
  return ({ blueprint_type_id }: NodeRecord): NamedProperty => {
    const named =
      known.get(blueprint_type_id) ??
      namedProperty(blueprint?.typeOf(blueprint_type_id) ?? null, property_id)
    known.set(blueprint_type_id, named)
    return named
  }
}

function valueIn(record: NodeRecord, named: NamedProperty): JsonValue | undefined {
  if (named.isName) return record.name
  return ownValue(record.properties, keyIn(record.properties, named))
}

/** A condition as a test of nodes. BAD_REQUEST for a value that its operator cannot take. */
export function conditionMatcher(
  condition: SearchCondition,
  index: number,
  blueprint: Blueprint | null,
): Result<WeighedMatcher> {
  const { property_id, operator, value = null } = condition
  const expected = expectedValue(condition)
  if (expected !== undefined) {
    return fail('BAD_REQUEST', `The operator '${operator}' needs ${expected}`, [
      { path: `/property/${index}/value`, expected },
    ])
  }
  const named = namedOn(property_id, blueprint)
  const test = TESTS[operator]
  const weight = Array.isArray(value) ? 1 + value.length / ITEMS : 1
  const holdsText = operator === 'contains' && typeof value === 'string' ? textTest(value) : null
  const matches: WeighedMatcher['matches'] = (record) => {
    const { property } = named(record)
    const own = valueIn(record, named(record))
    // A list holds the text as an item.
    if (holdsText && typeof own === 'string') return holdsText(property, own)
    return test(property, own, value)
  }
  return ok({ matches, weight })
}
