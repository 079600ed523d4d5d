import type { Schema } from '../contract.js'
import { propertiesOf, requiredOf, undeclaredOf } from './schema-view.js'
import type { Comparison, Fault } from './comparison.js'

type Compare = (comparison: Comparison) => Fault[]

/** The two schemas in the order of time. */
function inTime({ inner, outer, direction }: Comparison): { before: Schema; after: Schema } {
  return direction === 'sent' ? { before: inner, after: outer } : { before: outer, after: inner }
}

function removed(comparison: Comparison): Fault[] {
  const { before, after } = inTime(comparison)
  const left = propertiesOf(after)
  return Object.keys(propertiesOf(before))
    .filter((name) => !(name in left))
    .map((name) => ({ at: `${comparison.at}/${name}`, what: 'was removed' }))
}

function required({ inner, outer, direction, at }: Comparison): Fault[] {
  const what = direction === 'sent' ? 'has to be sent now' : 'may be missing now'
  const given = requiredOf(inner)
  return requiredOf(outer)
    .filter((name) => !given.includes(name))
    .filter((name) => direction === 'sent' || name in propertiesOf(inner))
    .map((name) => ({ at: `${at}/${name}`, what }))
}

/** What a field may hold: as it is declared, or as fields are that are not declared. */
function fieldOf(schema: Schema, name: string): Schema | undefined {
  const declared = propertiesOf(schema)[name]
  if (declared !== undefined) return declared
  const [, value] =
    [...undeclaredOf(schema)].find(([pattern]) => new RegExp(pattern, 'u').test(name)) ?? []
  return value
}

function declared(comparison: Comparison, compare: Compare): Fault[] {
  const { inner, outer, at } = comparison
  const { before, after } = inTime(comparison)
  return Object.keys(propertiesOf(after)).flatMap((name) => {
    const fields = { inner: fieldOf(inner, name), outer: fieldOf(outer, name) }
    if (fields.inner === undefined || fields.outer === undefined) return []
    // Receivers ignore what they do not know: only a map says what its other fields hold.
    const isNew = !(name in propertiesOf(before))
    if (isNew && comparison.direction === 'read' && !before['patternProperties']) return []
    return compare({ ...comparison, inner: fields.inner, outer: fields.outer, at: `${at}/${name}` })
  })
}

function undeclared(comparison: Comparison, compare: Compare): Fault[] {
  const { inner, outer, direction, at } = comparison
  const taken = undeclaredOf(outer)
  return [...undeclaredOf(inner)].flatMap(([pattern, value]) => {
    const other = taken.get(pattern) ?? taken.get('')
    if (other !== undefined) {
      return compare({ ...comparison, inner: value, outer: other, at: `${at}/*` })
    }
    // A message that clients read may gain fields.
    return direction === 'sent' ? [{ at, what: 'takes no other fields any longer' }] : []
  })
}

/** Where an object changed in a way that breaks clients. */
export function compareObjects(comparison: Comparison, compare: Compare): Fault[] {
  return [
    ...removed(comparison),
    ...required(comparison),
    ...declared(comparison, compare),
    ...undeclared(comparison, compare),
  ]
}
