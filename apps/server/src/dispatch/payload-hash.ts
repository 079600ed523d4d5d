import { hash } from 'node:crypto'

type Plain = { [key: string]: unknown }

/** The same value with the keys of every object in one order. Scalars and short lists stay as they are. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(ordered)
  const sorted: Plain = {}
  for (const key of sortedKeys(value)) sorted[key] = ordered((value as Plain)[key])
  return sorted
}

/** The general sort takes two kilobytes for each list; most objects have a handful of keys. */
const FEW = 10

function sortedKeys(value: object): string[] {
  const keys = Object.keys(value)
  if (keys.length > FEW) return keys.toSorted()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] ?? ''
    let at = i
    for (let before = keys[at - 1]; before !== undefined && before > key; before = keys[at - 1]) {
      keys[at] = before
      at -= 1
    }
    keys[at] = key
  }
  return keys
}

/**
 * Digest of a command's payload that does not depend on the order of keys: tells a retry from
 * another command under the same id (rule IDEM2). The depth of values is bounded by the gate.
 */
export function payloadHash(payload: object): string {
  return hash('sha1', JSON.stringify(ordered(payload)), 'base64url')
}
