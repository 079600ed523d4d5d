import Database from 'libsql'
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
  const connection = new Database(`${file}-lock`)
  // A predecessor that is just shutting down may still hold the lock.
  connection.pragma('busy_timeout = 1000')
  // Without a journal file of its own: nothing is ever written here.
  connection.pragma('journal_mode = memory')
  connection.exec('begin exclusive')
  return {
    release() {
      // libsql closes a connection only when its statements are collected.
      connection.exec('rollback')
      connection.close()
    },
  }
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
