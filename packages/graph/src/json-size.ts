import type { JsonValue } from '@talus/protocol'

/** As JSON writes it, one UTF-16 unit is six bytes at most: `\u001f`. */
const BYTES_PER_UNIT = 6

/** For a number, a literal, or brackets, with what separates it from the next. */
const BYTES_PER_VALUE = 32

/** More bytes than the value can have as JSON; counted no further than beyond `most`. */
function bound(value: JsonValue, most: number): number {
  let bytes = 0
  const open: JsonValue[] = [value]
  for (let next = open.pop(); next !== undefined && bytes <= most; next = open.pop()) {
    bytes += BYTES_PER_VALUE
    if (typeof next === 'string') bytes += BYTES_PER_UNIT * next.length
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) {
      for (const item of next) open.push(item)
      continue
    }
    for (const key of Object.keys(next)) {
      bytes += BYTES_PER_UNIT * key.length
      open.push(next[key] ?? null)
    }
  }
  return bytes
}

/** Bytes of a text in UTF-8. */
function utf8Bytes(text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    // Both halves of a pair, four bytes together, count two each.
    else bytes += unit >= 0xd800 && unit < 0xe000 ? 2 : 3
  }
  return bytes
}

/**
 * Bytes of a value: of a text in UTF-8, of anything else as JSON. Where a rough count shows that
 * they are not more than `most`, that count.
 */
export function jsonBytes(value: JsonValue, most: number): number {
  const rough = bound(value, most)
  if (rough <= most) return rough
  return utf8Bytes(typeof value === 'string' ? value : JSON.stringify(value))
}
