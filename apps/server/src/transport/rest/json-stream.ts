import { Readable } from 'node:stream'
import type { Permit } from '../../limits/concurrency-limit.js'
import { loopTurns, takeTurn } from '../../limits/turns.js'

/** Characters that are put together in one turn of the event loop. */
const CHARS = 64 * 1024

/** Milliseconds that a client may take for a part before others work meanwhile, and at most. */
const SLOW_MS = 250
const STALLED_MS = 30_000

/** JSON in pieces; an undefined is a piece of work without text. */
export type JsonPieces = Iterator<string | undefined>

/** The next part of the text, and whether it is the last. */
function nextPart(pieces: JsonPieces): { text: string; done: boolean } {
  const texts: string[] = []
  for (let chars = 0; chars < CHARS && !loopTurns.isOver();) {
    const { done, value } = pieces.next()
    if (done) return { text: texts.join(''), done }
    if (value === undefined) continue
    texts.push(value)
    chars += value.length
  }
  return { text: texts.join(''), done: false }
}

/** Lets others work while a client is slow to take a part, and gives it up when it stands still. */
function watchClient(permit: Permit, giveUp: () => void): () => Promise<void> {
  const slow = setTimeout(permit.pause, SLOW_MS)
  const stalled = setTimeout(giveUp, STALLED_MS)
  return () => {
    clearTimeout(slow)
    clearTimeout(stalled)
    return permit.resume()
  }
}

async function* parts(
  first: string,
  pieces: JsonPieces,
  { permit, giveUp }: { permit: Permit; giveUp: () => void },
): AsyncGenerator<string> {
  let taken: (() => Promise<void>) | undefined
  try {
    for (let part = { text: first, done: false }; ; part = nextPart(pieces)) {
      if (part.text !== '') {
        taken = watchClient(permit, giveUp)
        yield part.text
        await taken()
      }
      if (part.done) return
      await takeTurn(permit.gone)
    }
  } finally {
    permit.release()
    // The client may have gone while it had not taken the last part.
    await taken?.().catch(() => undefined)
  }
}

/**
 * JSON of any length that never holds up the event loop: text, where one turn is enough for all of
 * it, else a stream of which each part is made in a turn of its own, when the client takes it. A
 * stream gives the permit back when it has ended.
 */
export async function streamed(pieces: JsonPieces, permit: Permit): Promise<string | Readable> {
  await takeTurn(permit.gone)
  const { text, done } = nextPart(pieces)
  if (done) return text
  const giveUp = () => stream.destroy()
  const stream = Readable.from(parts(text, pieces, { permit, giveUp }), { objectMode: false })
  permit.gone.addEventListener('abort', giveUp)
  return stream
}
