import type { TSchema } from 'typebox'
import type { Shape } from './schema-text.js'

/** Keys or items of one container, and values in all, that an excerpt shows. */
const MOST_IN_ONE = 100
const MOST_IN_ALL = 1_000

type Container = Record<string, unknown>

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

/** Whether a value has more in it than an excerpt shows. Looks no further than that. */
function isLarge(value: unknown): boolean {
  let seen = 0
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (!isContainer(next)) continue
    // Lists are counted without a list of their indexes.
    const items = Array.isArray(next) ? next.slice(0, MOST_IN_ALL + 1) : Object.keys(next)
    seen += items.length
    if (seen > MOST_IN_ALL) return true
    for (const item of Array.isArray(next) ? items : Object.values(next)) open.push(item)
  }
  return false
}

const names = new WeakMap<object, ReadonlySet<string>>()

/** Every key that the schema declares, wherever. */
function declaredNames(schema: TSchema): ReadonlySet<string> {
  const known = names.get(schema)
  if (known) return known
  const found = new Set<string>()
  const open: unknown[] = [schema]
  while (open.length > 0) {
    const next = open.pop()
    if (!isContainer(next)) continue
    const { properties } = next
    if (isContainer(properties)) for (const name of Object.keys(properties)) found.add(name)
    for (const below of Object.values(next)) open.push(below)
  }
  names.set(schema, found)
  return found
}

/**
 * A value as far as its errors have to be told: of thousands, ten are. The same value where it is
 * small; else the first items of each list, and of each object the keys that the schema declares and
 * the first of the others.
 */
export function excerpt(schema: TSchema, value: unknown): unknown {
  if (!isLarge(value)) return value
  const declared = declaredNames(schema)
  let left = MOST_IN_ALL
  const shown = (part: unknown): unknown => {
    // What is beyond is as long as it is: nothing of it is told.
    if (!isContainer(part)) return part
    if (left <= 0) return Array.isArray(part) ? [] : {}
    if (Array.isArray(part)) {
      const items = part.slice(0, Math.min(MOST_IN_ONE, left))
      left -= items.length
      return items.map(shown)
    }
    const kept: Container = {}
    let others = 0
    for (const key of Object.keys(part)) {
      if (!declared.has(key) && ++others > MOST_IN_ONE) continue
      left -= 1
      kept[key] = shown(part[key])
    }
    return kept
  }
  return shown(value)
}

/** The first list that is longer than the schema allows, where only objects lie around it. */
export function longList(
  { maxItems, properties }: Shape,
  value: unknown,
  path = '',
): { path: string; most: number } | undefined {
  if (Array.isArray(value)) {
    const isLong = maxItems !== undefined && value.length > maxItems
    return isLong ? { path, most: maxItems } : undefined
  }
  if (!isContainer(value) || !properties) return undefined
  for (const [key, below] of Object.entries(properties)) {
    const found = Object.hasOwn(value, key) && longList(below, value[key], `${path}/${key}`)
    if (found) return found
  }
  return undefined
}
