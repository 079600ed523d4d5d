/** Characters of an entry from which on it is long: it is written and read by itself, in parts. */
export const LONG_BODY = 256 * 1024

/**
 * A long text in parts, of which none ends within a pair of surrogates. To join 20 MB takes 28 ms of
 * CPU in one piece, to count their bytes 10, to encode them 20.
 */
export class LongText {
  readonly parts: readonly string[]
  /** Characters, as of a string. */
  readonly length: number

  constructor(parts: readonly string[]) {
    this.parts = parts
    let length = 0
    for (const part of parts) length += part.length
    this.length = length
  }
}

/** An entry as JSON; nearly all are short. */
export type EntryText = string | LongText

/** The text that has these parts. */
export function textOf(parts: readonly string[]): EntryText {
  const text = new LongText(parts)
  return text.length > LONG_BODY ? text : parts.join('')
}

/** All of it in one piece: for short ones, or where nobody waits. */
export function wholeText(text: EntryText): string {
  return typeof text === 'string' ? text : text.parts.join('')
}

/** Slices of a long text; none ends within a pair of surrogates, which could not be written alone. */
export function* piecesOf(text: EntryText): Generator<string> {
  if (typeof text !== 'string') {
    for (const part of text.parts) yield* piecesOf(part)
    return
  }
  for (let from = 0; from < text.length;) {
    let to = from + LONG_BODY
    const last = text.charCodeAt(to - 1)
    if (to < text.length && last >= 0xd800 && last < 0xdc00) to -= 1
    yield text.slice(from, to)
    from = to
  }
}

/** Whether something is to be found in it, also across its parts. */
export function includes(text: EntryText, wanted: string): boolean {
  if (typeof text === 'string') return text.includes(wanted)
  const beyond = wanted.length - 1
  let before = ''
  for (const part of text.parts) {
    if (part.includes(wanted) || (before + part.slice(0, beyond)).includes(wanted)) return true
    before += part.slice(Math.max(0, part.length - beyond))
    before = before.slice(Math.max(0, before.length - beyond))
  }
  return false
}
