import { randomInt } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { createPrivate } from '../../files.js'
import { StorageError } from '../journal.js'
import { JournalLost, messageOf, sqliteCode } from './errors.js'

export type Connection = InstanceType<typeof DatabaseSync>

/** The right to write to a database, held by one process at a time. */
export type WriterLock = {
  /**
   * Takes the lock again when its file was deleted or replaced. Throws `JournalLost` when another
   * process has it by now.
   */
  renew: () => void
  release: () => void
}

/**
 * Takes the lock beside a database; throws SQLITE_BUSY while another process has it. It is the
 * kernel's lock on an empty file, taken through SQLite: it ends with the process even after
 * kill -9, and readers of the database itself, a backup for one, are not kept out. The file stays:
 * were it deleted, two processes could hold locks on two files of that name
 * (`renew` and `Ownership` are for when somebody does delete it).
 */
export function lockForWriting(file: string): WriterLock {
  const path = `${file}-lock`
  let held = lockOn(path)
  return {
    renew() {
      if (isSame(held.identity, identityOf(path))) return
      const before = held
      try {
        held = lockOn(path)
      } catch (error) {
        if (!sqliteCode(error)?.startsWith('SQLITE_BUSY')) throw error
        throw new JournalLost(`${path} was deleted, and another process has locked a new one`)
      }
      before.connection.close()
    },
    release: () => held.connection.close(),
  }
}

type Identity = { dev: number; ino: number } | undefined

export function identityOf(path: string): Identity {
  return statSync(path, { throwIfNoEntry: false })
}

export function isSame(a: Identity, b: Identity): boolean {
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino
}

function lockOn(path: string): { connection: Connection; identity: Identity } {
  createPrivate(path)
  const identity = identityOf(path)
  // A predecessor that is just shutting down may still hold the lock.
  const connection = new DatabaseSync(path, { timeout: 1_000 })
  try {
    // Without a journal file of its own: nothing is ever written here.
    connection.exec('pragma journal_mode = memory; begin exclusive')
  } catch (error) {
    connection.close()
    throw error
  }
  return { connection, identity }
}

/** Whether a server has the database, or it cannot be told. A file of the lock is not made for it. */
export function isServed(file: string): boolean {
  if (!existsSync(`${file}-lock`)) return false
  try {
    lockForWriting(file).release()
    return false
  } catch {
    // Whatever keeps the lock from being had, nobody may write then.
    return true
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

/**
 * Proof, in the database itself, of who writes to it. The lock beside it keeps a second writer out
 * unless somebody deletes the lock's file; then the first one notices, within its next transaction,
 * that the mark is another's.
 */
export type Ownership = {
  /** Throws `JournalLost` when another process has claimed the database. Inside a transaction. */
  check: () => void
  /** Writes the mark once more, which changes nothing. */
  claimAgain: () => void
  /** The same over another connection. */
  on: (connection: Connection) => Ownership
}

/** Claims the database for this process: its mark is the database's `user_version`. */
export function takeOwnership(connection: Connection, file: string): Ownership {
  const mark = randomInt(1, 2 ** 31)
  try {
    connection.exec(`pragma user_version = ${mark}`)
  } catch (error) {
    if (sqliteCode(error) !== 'SQLITE_FULL') throw error
    // What is there can be read. Whoever finds space first leaves a mark of its own.
    return ownershipOf(connection, { file, mark: markIn(connection) })
  }
  return ownershipOf(connection, { file, mark })
}

function markIn(connection: Connection): number {
  const row = connection.prepare('pragma user_version').get() as { user_version: number }
  return row.user_version
}

type Claim = { file: string; mark: number }

function ownershipOf(connection: Connection, claim: Claim): Ownership {
  const { file, mark } = claim
  // Changes when another connection has committed: cheap to ask in every transaction.
  const version = connection.prepare('pragma data_version')
  let known: unknown
  return {
    check() {
      const { data_version } = version.get() as { data_version: number }
      if (data_version === known) return
      if (markIn(connection) !== mark) throw new JournalLost(`Another process writes to ${file}`)
      known = data_version
    },
    claimAgain: () => connection.exec(`pragma user_version = ${mark}`),
    on: (next) => ownershipOf(next, claim),
  }
}
