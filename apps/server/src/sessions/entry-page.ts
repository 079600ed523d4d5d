import type { Entry } from '@talus/protocol'
import type { Journal } from '../journal/journal.js'

/** Characters of entries that are read at a time: beyond that no other begins. */
const MAX_CHARS = 1024 * 1024

/** The entries after `after`, up to and including `upTo`, of one session. */
export type Range = { session_id: string; after: number; upTo: number }

/**
 * Those entries of a range that are still kept, from `first` on: all of them, or those of which a
 * page is full.
 */
export type EntryPage = { first: number; bodies: string[] }

/** An entry is written with its seq first: to know that much, megabytes need not be parsed. */
function seqOf(body: string): number {
  const written = /^\{"seq":(\d+)/.exec(body)?.[1]
  return written === undefined ? (JSON.parse(body) as Entry).seq : Number(written)
}

/** Reads a range, all of which is durable, or as much as fits into a page. Rejects with StorageError. */
export async function readPage(journal: Journal, range: Range): Promise<EntryPage> {
  const { session_id, after, upTo } = range
  const bodies = await journal.entriesAfter(session_id, after, upTo - after, MAX_CHARS)
  const [body] = bodies
  if (body === undefined) return { first: upTo + 1, bodies: [] }
  // Where the oldest are gone, the journal makes up for them with some from beyond the range.
  const first = seqOf(body)
  return { first, bodies: bodies.slice(0, Math.max(0, upTo + 1 - first)) }
}
