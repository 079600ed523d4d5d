import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Characters, and pieces, that are put together in one turn of the event loop. */
const CHARS = 64 * 1024
const PIECES = 500

/** JSON in pieces; an undefined is a piece of work without text. */
export type JsonPieces = Iterator<string | undefined>

/** The next part of the text, and whether it is the last. */
function nextPart(pieces: JsonPieces): { text: string; done: boolean } {
  const texts: string[] = []
  let chars = 0
  for (let count = 0; count < PIECES && chars < CHARS; count += 1) {
    const { done, value } = pieces.next()
    if (done) return { text: texts.join(''), done }
    if (value === undefined) continue
    texts.push(value)
    chars += value.length
  }
  return { text: texts.join(''), done: false }
}

async function* parts(first: string, pieces: JsonPieces): AsyncGenerator<string> {
  if (first !== '') yield first
  for (;;) {
    await nextTurn()
    const { text, done } = nextPart(pieces)
    if (text !== '') yield text
    if (done) return
  }
}

/**
 * JSON of any length that never holds up the event loop: text, where one turn is enough for all of
 * it, else a stream of which each part is made in a turn of its own, when the client takes it.
 */
export function streamed(pieces: JsonPieces): string | Readable {
  const { text, done } = nextPart(pieces)
  return done ? text : Readable.from(parts(text, pieces), { objectMode: false })
}
