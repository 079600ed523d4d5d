import type { Journal } from '../journal/journal.js'

/** How much history is kept: the last so many entries, those of the last so many days; or all. */
export type Retention = { entries: number | undefined; days: number | undefined }

/** Entries that are removed at a time: appends wait for no more than these. */
const SLICE = 200

const DAY_MS = 86_400_000

/** One session's turn; `isStopping`: the server is closing and the rest can wait. */
export type Turn = { session_id: string; seq: number; now: string; isStopping: () => boolean }

/** Removes what no limit keeps. What a snapshot does not cover stays in any case. */
export async function removeOld(
  journal: Journal,
  { entries, days }: Retention,
  { session_id, seq, now, isStopping }: Turn,
): Promise<void> {
  if (entries === undefined && days === undefined) return
  const before_seq = entries === undefined ? seq : seq - entries + 1
  const limits =
    days === undefined
      ? { before_seq }
      : { before_seq, before_time: new Date(Date.parse(now) - days * DAY_MS).toISOString() }
  while (!isStopping()) {
    const removed = await journal.truncate(session_id, { ...limits, limit: SLICE })
    if (removed < SLICE) return
  }
}
