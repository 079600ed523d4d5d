import type { Journal } from '../journal/journal.js'
import { takeTurn } from '../limits/turns.js'
import { readPage, type EntryPage, type Range } from '../sessions/entry-page.js'
import type { LiveSession } from '../sessions/live-session.js'

/** Entries that are read at a time. */
const PAGE = 100

/** What a reader does with a body: goes on, or has seen enough. */
export type Take = (body: string, seq: number) => Promise<'next' | 'stop'> | 'next' | 'stop'

/** `truncated`: the reader has come to entries that are no longer kept. */
export type Reached = 'end' | 'stopped' | 'truncated'

/** Where entries are read, of which session; `gone` is aborted when nobody wants them any more. */
export type Source = { journal: Journal; session: LiveSession; gone?: AbortSignal | undefined }

type Span = { after: number; upTo: number }

async function read({ journal, session, gone }: Source, span: Span): Promise<EntryPage> {
  const range: Range = { session_id: session.record.session_id, ...span }
  const page = await readPage(journal, range)
  for (const body of page.bodies) session.tail.noteEntry(body)
  await takeTurn(gone)
  return page
}

/** Reads entries oldest first. */
export async function readForward(source: Source, span: Span, take: Take): Promise<Reached> {
  const { after, upTo } = span
  for (let at = after; at < upTo;) {
    const { first, bodies } = await read(source, { after: at, upTo: Math.min(at + PAGE, upTo) })
    if (first > at + 1) return 'truncated'
    for (const body of bodies) {
      at += 1
      if ((await take(body, at)) === 'stop') return 'stopped'
    }
  }
  return 'end'
}

/** Reads entries newest first. */
export async function readBackward(source: Source, span: Span, take: Take): Promise<Reached> {
  const { after, upTo } = span
  let most = PAGE
  for (let at = upTo; at > after;) {
    const from = Math.max(after, at - most)
    const { first, bodies } = await read(source, { after: from, upTo: at })
    if (bodies.length > 0 && first + bodies.length <= at) {
      // So many are too large to be read at once, and the last of them are wanted first.
      most = Math.max(1, most >> 2)
      continue
    }
    for (const body of bodies.toReversed()) {
      if ((await take(body, at)) === 'stop') return 'stopped'
      at -= 1
    }
    if (first > from + 1) return 'truncated'
    most = Math.min(PAGE, 2 * most)
  }
  return 'end'
}
