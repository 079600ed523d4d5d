import { isNode, LineCounter, parseDocument } from 'yaml'

/** A position in a text; `line` and `column` from 1. */
export type TextPlace = { from: number; to: number; line: number; column: number }

const unescaped = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~')

/**
 * Finds the positions of JSON pointers in YAML or JSON text. A missing value has the position of its
 * nearest existing ancestor.
 */
export function placesIn(text: string): (pointer: string) => TextPlace {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' })
  return (pointer) => {
    const path: (string | number)[] = pointer.split('/').slice(1).map(unescaped)
    for (let length = path.length; length >= 0; length--) {
      const found: unknown =
        length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
      const range = isNode(found) ? found.range : undefined
      if (!range) continue
      const [from, end] = range
      const { line, col: column } = lines.linePos(from)
      // Mark one line only.
      const lineEnd = text.indexOf('\n', from)
      return { from, to: Math.min(end, lineEnd === -1 ? text.length : lineEnd), line, column }
    }
    return { from: 0, to: 0, line: 1, column: 1 }
  }
}
