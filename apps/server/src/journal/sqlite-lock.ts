import { DatabaseSync } from '@photostructure/sqlite'
import { createPrivate } from '../private-files.js'
import { StorageError } from './journal.js'
import { messageOf, sqliteCode } from './sqlite-error.js'

/** The right to write to a database, held by one process at a time. */
export type WriterLock = { release: () => void }

/**
 * Takes the lock beside a database; throws SQLITE_BUSY while another process has it. It is the
 * kernel's lock on an empty file, taken through SQLite: it ends with the process even after
 * kill -9, and readers of the database itself, a backup for one, are not kept out. The file stays:
 * were it deleted, two processes could hold locks on two files of that name.
 */
export function lockForWriting(file: string): WriterLock {
  createPrivate(`${file}-lock`)
  // A predecessor that is just shutting down may still hold the lock.
  const connection = new DatabaseSync(`${file}-lock`, { timeout: 1_000 })
  try {
    // Without a journal file of its own: nothing is ever written here.
    connection.exec('pragma journal_mode = memory; begin exclusive')
  } catch (error) {
    connection.close()
    throw error
  }
  return { release: () => connection.close() }
}

/** The same, with a sentence for people when it cannot be had. Throws `StorageError`. */
export function lockFor(file: string): WriterLock {
  try {
    return lockForWriting(file)
  } catch (error) {
    const busy = sqliteCode(error)?.startsWith('SQLITE_BUSY')
    const reason = busy ? 'is in use by a server' : `cannot be locked: ${messageOf(error)}`
    throw new StorageError(`${file} ${reason}`, { cause: error })
  }
}
