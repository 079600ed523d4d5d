import type { Steps } from '../steps.js'
import type { NodeRecord } from '../node-record.js'

/** Whether a node matches; what takes long is found out in steps. */
export type Matcher = (record: NodeRecord) => boolean | Steps<boolean>

/** A test of nodes, and how much work it is for each: 1 for a comparison. */
export type WeighedMatcher = { matches: Matcher; weight: number }

function* continued<T>(
  found: Steps<boolean>,
  rest: () => boolean | Steps<boolean>,
  ends: T,
): Steps<boolean> {
  const value = yield* found
  if (value === ends) return value
  const later = rest()
  return typeof later === 'boolean' ? later : yield* later
}

/** Whether something holds for all, from `at` on. */
export function every<T>(
  items: readonly T[],
  holds: (item: T) => boolean | Steps<boolean>,
  from = 0,
): boolean | Steps<boolean> {
  for (let at = from; at < items.length; at += 1) {
    const found = holds(items[at] as T)
    if (found === false) return false
    if (found !== true) return continued(found, () => every(items, holds, at + 1), false)
  }
  return true
}

/** Whether something holds for any, from `at` on. */
export function some<T>(
  items: readonly T[],
  holds: (item: T) => boolean | Steps<boolean>,
  from = 0,
): boolean | Steps<boolean> {
  for (let at = from; at < items.length; at += 1) {
    const found = holds(items[at] as T)
    if (found === true) return true
    if (found !== false) return continued(found, () => some(items, holds, at + 1), true)
  }
  return false
}
