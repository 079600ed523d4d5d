import { StorageError } from './journal.js'
import { messageOf } from './sqlite-error.js'

/** What is wrong with a session's history, and where. It is never read past the place. */
export function damaged(session_id: string, seq: number, what: string): StorageError {
  return new StorageError(`Session ${session_id}: the entry at seq ${seq} ${what}`)
}

/** The same of a run of entries, of which it cannot be said which one it is. */
export function damagedFrom(
  session_id: string,
  { first_seq, last_seq }: { first_seq: number; last_seq: number },
): StorageError {
  if (first_seq === last_seq) return damaged(session_id, first_seq, 'is damaged')
  const place = `the entries from seq ${first_seq} to ${last_seq}`
  return new StorageError(`Session ${session_id}: ${place} are damaged`)
}

/** Waits for a query that reads a session's history from `seq` on; names the place if it fails. */
export async function reading<T>(session_id: string, seq: number, query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (cause) {
    const place = `Session ${session_id}: the history from seq ${seq} on`
    throw new StorageError(`${place} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
