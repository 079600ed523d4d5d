import { setImmediate as nextTurn } from 'node:timers/promises'

/** Pieces of work, of some microseconds each, that are done in one turn of the event loop. */
const PIECES = 500

/** Goes through all items; others have their turn in between. */
export async function inTurns<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let done = 0
  for (const item of items) {
    work(item)
    done += 1
    if (done % PIECES === 0) await nextTurn()
  }
}
