import { hash } from 'node:crypto'
import type { JsonValue } from '@talus/protocol'

function write(value: unknown, out: string[]): void {
  if (typeof value !== 'object' || value === null) {
    out.push(JSON.stringify(value) ?? 'null')
    return
  }
  if (Array.isArray(value)) {
    out.push('[')
    for (const item of value) {
      write(item, out)
      out.push(',')
    }
    out.push(']')
    return
  }
  out.push('{')
  for (const key of Object.keys(value).sort()) {
    out.push(JSON.stringify(key), ':')
    write((value as Record<string, unknown>)[key], out)
    out.push(',')
  }
  out.push('}')
}

/**
 * Digest of a command's payload that does not depend on the order of keys: tells a retry from
 * another command under the same id (rule IDEM2). The depth of values is bounded by the gate.
 */
export function payloadHash(payload: Record<string, JsonValue | undefined> | object): string {
  const out: string[] = []
  write(payload, out)
  return hash('sha1', out.join(''), 'base64url')
}
