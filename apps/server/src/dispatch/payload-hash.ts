import { hash } from 'node:crypto'

type Plain = { [key: string]: unknown }

/** The same value with the keys of every object in one order. Scalars and short lists stay as they are. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(ordered)
  const sorted: Plain = {}
  for (const key of Object.keys(value).sort()) sorted[key] = ordered((value as Plain)[key])
  return sorted
}

/**
 * Digest of a command's payload that does not depend on the order of keys: tells a retry from
 * another command under the same id (rule IDEM2). The depth of values is bounded by the gate.
 */
export function payloadHash(payload: object): string {
  return hash('sha1', JSON.stringify(ordered(payload)), 'base64url')
}
