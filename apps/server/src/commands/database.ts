import { accessSync, constants, statSync, type Stats } from 'node:fs'
import { StorageError } from '../errors.js'
import { openReadOnly, type Connection, type SqliteDatabase } from '../journal/sqlite/database.js'
import { isServed } from '../journal/sqlite/lock.js'
import { expectTables } from '../journal/sqlite/schema.js'
import { Tail } from '../journal/sqlite/tail.js'
import { hasLostCommits, logStateOf, openLogState } from '../journal/sqlite/wal-state.js'
import { failureText, isMachineFailure } from './command.js'

const EXPECTED = 'expected a Talus database, as `talus-server backup` writes it'

/** Throws `StorageError` unless the path is a file, with something in it, that may be read. */
export function expectDatabaseFile(file: string): void {
  const found = statsOf(file)
  if (found === undefined) throw new StorageError(`${file} is not there; ${EXPECTED}`)
  if (!found.isFile()) {
    const kind = found.isDirectory() ? 'a folder' : 'not a regular file'
    throw new StorageError(`${file} is ${kind}; ${EXPECTED}`)
  }
  if (found.size === 0) throw new StorageError(`${file} is empty (0 bytes); ${EXPECTED}`)
  try {
    accessSync(file, constants.R_OK)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** Whether two paths lead to the same file, by whatever names and links. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [statsOf(one), statsOf(other)]
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

function unreadable(file: string, cause: unknown): StorageError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StorageError(`${file} cannot be read: ${reason}`, { cause })
}

/** A journal that is only read; whoever writes to it meanwhile is not disturbed. */
export type JournalReading = Disposable & {
  database: SqliteDatabase
  tail: Tail
  /** Whether the log has held commits that do not count any more: it is damaged. */
  hasLostCommits: () => boolean
}

/** Opens a database to read it. Throws `StorageError` when it is none of ours. */
export function openReading(file: string): JournalReading {
  expectDatabaseFile(file)
  const lost = lostCommits(file)
  const database = openReadOnly(file)
  try {
    expectTables(database, file)
  } catch (error) {
    database.close()
    const cause = error instanceof Error ? error.cause : undefined
    if (isMachineFailure(error) || cause === undefined) throw error
    throw new StorageError(`${file} has no schema of Talus: ${failureText(cause)}`, { cause })
  }
  return {
    database,
    tail: new Tail(database),
    hasLostCommits: () => lost(database.connection),
    [Symbol.dispose]: () => database.close(),
  }
}

/**
 * Called before a database is opened. A server that has it keeps its log to itself, and has looked
 * when it started: what it writes meanwhile would look like a loss.
 */
function lostCommits(file: string): (connection: Connection) => boolean {
  if (isServed(file)) return () => false
  const before = logStateOf(file)
  return (connection) =>
    hasLostCommits(file, before, openLogState(connection, file)) && !isServed(file)
}
