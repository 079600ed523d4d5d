import { StorageError } from './journal.js'
import { messageOf } from './sqlite-error.js'

/** What is wrong with a session's history, and where. It is never read past the place. */
export function damaged(session_id: string, seq: number, what: string): StorageError {
  return new StorageError(`Session ${session_id}: the entry at seq ${seq} ${what}`)
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
