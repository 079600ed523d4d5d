import { check } from '@talus/protocol'
import { isDeepStrictEqual } from 'node:util'
import type { Schema } from '../contract.js'
import { compareBounds } from './bounds.js'
import { fromTo, type Comparison, type Fault } from './comparison.js'
import { compareObjects } from './objects.js'
import { alternatives, propertiesOf, requiredOf, shortText } from './schema-view.js'

/** Whether two alternatives are meant as the same one: what differs are details. */
function isSameKind(a: Schema, b: Schema): boolean {
  if (a['type'] !== b['type']) return false
  if (a['type'] !== 'object') return !('const' in a) && !('const' in b)
  const mine = propertiesOf(a)
  const theirs = propertiesOf(b)
  const isOther = (name: string) => {
    const [own, other] = [mine[name], theirs[name]]
    return own && other && 'const' in own && 'const' in other && own['const'] !== other['const']
  }
  if (Object.keys(mine).some(isOther)) return false
  const needed = requiredOf(a)
  return needed.length === 0 || needed.some((name) => requiredOf(b).includes(name))
}

function fits({ type }: Schema, { type: wanted }: Schema): boolean {
  return wanted === undefined || type === wanted || (type === 'integer' && wanted === 'number')
}

function compareOne(comparison: Comparison): Fault[] {
  const { inner, outer, direction, at } = comparison
  const otherwise = [{ at, what: fromTo(direction, shortText(inner), shortText(outer)) }]
  if ('const' in outer) return isDeepStrictEqual(inner['const'], outer['const']) ? [] : otherwise
  if ('const' in inner) return check(outer, inner['const']).ok ? [] : otherwise
  if (!fits(inner, outer)) return otherwise
  const bounds = compareBounds(inner, outer).map(({ keyword, ends: [mine, theirs] }) => ({
    at,
    what: `${keyword} ${fromTo(direction, mine, theirs)}`,
  }))
  return [...bounds, ...compareInside(comparison)]
}

function compareInside(comparison: Comparison): Fault[] {
  const { inner, outer, at } = comparison
  if (outer['type'] === 'object') return compareObjects(comparison, compareSchemas)
  if (outer['type'] !== 'array' || outer['items'] === undefined) return []
  const items = { inner: (inner['items'] ?? {}) as Schema, outer: outer['items'] as Schema }
  return compareSchemas({ ...comparison, ...items, at: `${at}/*` })
}

/** One alternative of several against all: the one that is meant says why it does not take it. */
function compareAlternative(comparison: Comparison, choices: Schema[]): Fault[] {
  const { inner, direction, at } = comparison
  const faults = choices.map((choice) => compareOne({ ...comparison, outer: choice }))
  const sameKind = faults.filter((_, index) => isSameKind(inner, choices[index] ?? {}))
  const tried = [...faults.filter((one) => one.length === 0), ...sameKind]
  const [closest] = tried.toSorted((a, b) => a.length - b.length)
  const all = choices.map(shortText).join(' | ')
  return closest ?? [{ at, what: fromTo(direction, shortText(inner), all) }]
}

/** Where a schema changed in a way that breaks clients. */
export function compareSchemas(comparison: Comparison): Fault[] {
  const { inner, outer, innerDocument, outerDocument, within } = comparison
  if (inner['$ref'] === undefined && isDeepStrictEqual(inner, outer)) return []
  const pair = JSON.stringify([inner, outer])
  if (within.includes(pair)) return []
  const inside = { ...comparison, within: [...within, pair] }
  const choices = alternatives(outer, outerDocument)
  const all = alternatives(inner, innerDocument)
  const [one, choice] = [all[0], choices[0]]
  if (all.length === 1 && choices.length === 1 && one && choice) {
    return compareOne({ ...inside, inner: one, outer: choice })
  }
  return all.flatMap((alternative) =>
    compareAlternative({ ...inside, inner: alternative }, choices),
  )
}
