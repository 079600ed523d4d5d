import type { NodeMoved, PropertySet } from '@talus/protocol'
import { keyOf, markOf, type RevertibleChange } from './stamps.js'

/** What one undo step may hold of several entries (rule UNDO14). */
export type Edit = PropertySet | NodeMoved

export function isEdit({ type }: { type: string }): boolean {
  return type === 'property-set' || type === 'node-moved'
}

/** One change that does what two of the same thing do, one after the other. */
function joinTwo(earlier: RevertibleChange, later: RevertibleChange): RevertibleChange {
  if (earlier.type === 'node-moved' && later.type === 'node-moved') {
    return { ...later, from: earlier.from }
  }
  if (earlier.type !== 'property-set' || later.type !== 'property-set') return later
  const { old_value: _, ...rest } = later
  const { old_value } = earlier
  return old_value === undefined ? rest : { ...rest, old_value }
}

export type Joined = {
  changes: RevertibleChange[]
  /** Where each of the later changes stands; undefined: it has gone into an earlier one. */
  places: (number | undefined)[]
}

/**
 * The changes of one entry and of a later one that goes on with it, each property and each place
 * once: what it was before the first, what it is after the last.
 */
export function joinChanges(
  earlier: readonly RevertibleChange[],
  later: readonly RevertibleChange[],
): Joined {
  const changes = [...earlier]
  const known = new Map(earlier.map((change, at) => [keyOf(markOf(change)), at]))
  const places = later.map((change) => {
    const at = known.get(keyOf(markOf(change)))
    const before = at === undefined ? undefined : changes[at]
    if (at === undefined || before === undefined) return changes.push(change) - 1
    changes[at] = joinTwo(before, change)
    return undefined
  })
  return { changes, places }
}
