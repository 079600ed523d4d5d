import { hash } from 'node:crypto'
import type { JsonValue } from '@talus/protocol'

/** A container that is being written. The keys of a list are its indexes. */
type Open = { container: object; keys: readonly string[] | undefined; size: number; next: number }

function openOf(container: object): Open {
  if (Array.isArray(container)) {
    return { container, keys: undefined, size: container.length, next: 0 }
  }
  const keys = Object.keys(container).sort()
  return { container, keys, size: keys.length, next: 0 }
}

/** Keeps a list of what is open: what a refused command holds may be deeper than any stack. */
function text(payload: object): string {
  const open = [openOf(payload)]
  let out = Array.isArray(payload) ? '[' : '{'
  for (let level = open.at(-1); level; level = open.at(-1)) {
    if (level.next === level.size) {
      open.pop()
      out += level.keys ? '}' : ']'
      // The end of a member of what is around it; nothing is around the payload itself.
      if (open.length > 0) out += ','
      continue
    }
    const at = level.next++
    const key = level.keys ? (level.keys[at] ?? '') : at
    if (level.keys) out += `${JSON.stringify(key)}:`
    const value = (level.container as Record<string | number, unknown>)[key]
    if (typeof value === 'object' && value !== null) {
      open.push(openOf(value))
      out += Array.isArray(value) ? '[' : '{'
    } else {
      out += `${JSON.stringify(value) ?? 'null'},`
    }
  }
  return out
}

/**
 * Digest of a command's payload that does not depend on the order of keys: tells a retry from
 * another command under the same id (rule IDEM2). The payload may be one that will be refused.
 */
export function payloadHash(payload: Record<string, JsonValue | undefined> | object): string {
  return hash('sha1', text(payload), 'base64url')
}
