import type { Entry } from '@talus/protocol'
import type { Journal, Truncation } from '../journal/journal.js'

/** How much history is kept: the last so many entries, those of the last so many days; or all. */
export type Retention = { entries: number | undefined; days: number | undefined }

/** Entries that are removed at a time: appends wait for no more than these. */
const SLICE = 200

const DAY_MS = 86_400_000

/** One session's turn; `isStopping`: the server is closing and the rest can wait. */
export type Turn = { session_id: string; seq: number; now: string; isStopping: () => boolean }

type Limits = Omit<Truncation, 'limit'>

/** Which entries of a session that ends at `seq` no limit keeps; undefined: all are kept. */
function limitsOf({ entries, days }: Retention, { seq, now }: Turn): Limits | undefined {
  if (entries === undefined && days === undefined) return undefined
  const before_seq = entries === undefined ? seq : seq - entries + 1
  if (days === undefined) return { before_seq }
  const before_time = new Date(Date.parse(now) - days * DAY_MS).toISOString()
  return { before_seq, before_time }
}

/** Removes what no limit keeps. What a snapshot does not cover stays in any case. */
export async function removeOld(journal: Journal, retention: Retention, turn: Turn): Promise<void> {
  const limits = limitsOf(retention, turn)
  if (limits === undefined) return
  while (!turn.isStopping()) {
    const removed = await journal.truncate(turn.session_id, { ...limits, limit: SLICE })
    if (removed < SLICE) return
  }
}

/** Whether there is an entry that no limit keeps. */
export async function hasOld(journal: Journal, retention: Retention, turn: Turn): Promise<boolean> {
  const limits = limitsOf(retention, turn)
  if (limits === undefined) return false
  const { before_seq, before_time } = limits
  const first_seq = await journal.firstSeq(turn.session_id)
  if (first_seq >= Math.min(before_seq, turn.seq)) return false
  if (before_time === undefined) return true
  const [oldest] = await journal.entriesAfter(turn.session_id, first_seq - 1, 1)
  return oldest !== undefined && (JSON.parse(oldest) as Entry).timestamp < before_time
}
