/**
 * Characters that make a terminal or a viewer show something else than what is there: the controls
 * of C0 and C1 (U+009B begins a command to a terminal), line and paragraph separators, marks and
 * overrides of direction, characters without width, tags, halves of surrogate pairs.
 */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}

/** The text with each such character as `\u009b`. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped)
}

/** Objects in objects are followed so far. */
const DEPTH = 4

function printableValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return printable(value)
  if (Array.isArray(value) && depth > 0) return value.map((item) => printableValue(item, depth - 1))
  const isPlain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain && depth > 0 ? printableFields(value, depth - 1) : value
}

/** The fields of a log entry, printable: names, ids, addresses and headers are anybody's text. */
export function printableFields(fields: object, depth = DEPTH): Record<string, unknown> {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.map(([name, value]) => [printable(name), printableValue(value, depth)]),
  )
}
