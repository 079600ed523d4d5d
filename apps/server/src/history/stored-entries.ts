import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Journal } from '../journal/journal.js'
import { readPage, type Range } from '../sessions/entry-page.js'

/** Entries that are read at a time: what one turn of the event loop can take. */
const PAGE = 100

/** What a reader does with a body: goes on, or has seen enough. */
export type Take = (body: string, seq: number) => 'next' | 'stop'

/** `truncated`: the reader has come to entries that are no longer kept. */
export type Reached = 'end' | 'stopped' | 'truncated'

/** Reads entries oldest first. */
export async function readForward(journal: Journal, range: Range, take: Take): Promise<Reached> {
  const { after, upTo } = range
  for (let at = after; at < upTo;) {
    const page = { ...range, after: at, upTo: Math.min(at + PAGE, upTo) }
    const { first, bodies } = await readPage(journal, page)
    if (first > at + 1) return 'truncated'
    for (const body of bodies) {
      at += 1
      if (take(body, at) === 'stop') return 'stopped'
    }
    await nextTurn()
  }
  return 'end'
}

/** Reads entries newest first. */
export async function readBackward(journal: Journal, range: Range, take: Take): Promise<Reached> {
  const { after, upTo } = range
  for (let at = upTo; at > after;) {
    const page = { ...range, after: Math.max(after, at - PAGE), upTo: at }
    const { first, bodies } = await readPage(journal, page)
    for (const body of bodies.toReversed()) {
      if (take(body, at) === 'stop') return 'stopped'
      at -= 1
    }
    if (first > page.after + 1) return 'truncated'
    await nextTurn()
  }
  return 'end'
}
