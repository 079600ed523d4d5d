import type { JsonValue } from '@talus/protocol'

type Container = Record<string, unknown>

/** Both are containers of the same kind and size, so that comparing their members settles it. */
function comparable(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  return Object.keys(a).length === Object.keys(b).length
}

/** Deep equality of two JSON values; undefined stands for no value. Does not recurse. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  const pairs: [unknown, unknown][] = [[a, b]]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [x, y] = pair
    if (x === y) continue
    if (!comparable(x, y)) return false
    for (const key of Object.keys(x as Container)) {
      if (!Object.hasOwn(y as Container, key)) return false
      pairs.push([(x as Container)[key], (y as Container)[key]])
    }
  }
  return true
}
