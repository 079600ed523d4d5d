import { REMEMBERED_RECEIPTS } from './rules.js'
import type { SqliteDatabase } from './sqlite-database.js'

/** Receipts after which those that are too many are looked for: that takes some milliseconds. */
const BETWEEN = 1_000

/** Of a command that changed nothing, neither an undo step nor an entry that was removed. */
const FORGETTABLE = `session_id = ?1 and consumes is null and json_extract(ack, '$.seq') is null`

const TOO_OLD = `ordinal <= (select ordinal from receipts where ${FORGETTABLE}
  order by ordinal desc limit 1 offset ${REMEMBERED_RECEIPTS})`

/** Forgets the oldest commands of a session that changed nothing, beyond those of rule IDEM6. */
export type ExpireReceipts = (session_id: string, ordinals: { before: number; now: number }) => void

export function receiptExpiry(database: SqliteDatabase): ExpireReceipts {
  const ids = database.prepare(`delete from command_ids
    where session_id = ?1 and seq is null and command_id in (
      select command_id from receipts where ${FORGETTABLE} and ${TOO_OLD})`)
  const receipts = database.prepare(`delete from receipts where ${FORGETTABLE} and ${TOO_OLD}`)
  return (session_id, { before, now }) => {
    if (now <= REMEMBERED_RECEIPTS) return
    if (Math.floor(before / BETWEEN) === Math.floor(now / BETWEEN)) return
    ids.run(session_id)
    receipts.run(session_id)
  }
}
