import Database from 'libsql'
import { StorageError } from './journal.js'
import { messageOf, sqliteCode } from './sqlite-error.js'

/** `full`: an answered write survives a power failure. `normal`: it survives a crash of the process. */
export type Durability = 'full' | 'normal'

type Connection = Database.Database
export type Statement = Database.Statement

/** One connection with its prepared statements. It holds the lock on the file until it is gone. */
export type SqliteDatabase = {
  connection: Connection
  /** Prepares a statement once and keeps it: for SQL of which there is a limited number. */
  prepare: (sql: string) => Statement
  begin: () => void
  rollback: () => void
  /** Commits what `work` has written, or nothing of it when it throws. */
  transaction: <T>(work: () => T) => T
  close: () => void
}

/** Tells the journal's files from other SQLite databases: 'Talu'. */
const APPLICATION_ID = 0x54616c75

/** Opens or creates the file. Throws `StorageError`, the file untouched, if it is not ours to use. */
export function openDatabase(file: string, durability: Durability): SqliteDatabase {
  try {
    const connection = new Database(file)
    claim(connection, file)
    configure(connection, durability)
    return withStatements(connection)
  } catch (error) {
    if (error instanceof StorageError) throw error
    throw new StorageError(`${file} ${refusal(error)}: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Takes the file for this process alone. The lock is the kernel's, so that it ends with the process
 * even after kill -9, which a lock file would not. Nothing is written to a file that is not ours.
 */
function claim(connection: Connection, file: string): void {
  // A predecessor that is just shutting down may still hold the lock.
  connection.pragma('busy_timeout = 1000')
  connection.pragma('locking_mode = exclusive')
  connection.exec('begin exclusive')
  if (valueOf(connection, 'schema_version') === 0) {
    connection.pragma(`application_id = ${APPLICATION_ID}`)
  } else if (valueOf(connection, 'application_id') !== APPLICATION_ID) {
    throw new StorageError(`${file} is a database of another application`)
  }
  connection.exec('commit')
}

function configure(connection: Connection, durability: Durability): void {
  const mode = valueOf(connection, 'journal_mode = wal')
  if (mode !== 'wal') throw new Error(`no write-ahead log, journal_mode is ${String(mode)}`)
  connection.pragma(`synchronous = ${durability}`)
  connection.pragma('foreign_keys = on')
  // 16 MB of log: command ids are random, so a page of their index is written once per checkpoint
  // instead of several times. A fifth more throughput than the default of 4 MB.
  connection.pragma('wal_autocheckpoint = 4000')
  // Deleting a large session makes a large log; the disk gets it back at the next checkpoint.
  connection.pragma('journal_size_limit = 67108864')
}

/** What a pragma answers. (libsql ignores better-sqlite3's option `simple`.) */
function valueOf(connection: Connection, pragma: string): unknown {
  const [row] = connection.pragma(pragma) as Record<string, unknown>[]
  return row && Object.values(row)[0]
}

function refusal(error: unknown): string {
  const code = sqliteCode(error)
  if (code === 'SQLITE_NOTADB') return 'is not a journal'
  if (code?.startsWith('SQLITE_BUSY')) return 'is in use by another process'
  return 'cannot be opened'
}

function withStatements(connection: Connection): SqliteDatabase {
  const statements = new Map<string, Statement>()
  const rollback = () => {
    // SQLite has already rolled back by itself after some errors, a full disk for one.
    if (connection.inTransaction) connection.exec('rollback')
  }
  const begin = () => {
    // Should an earlier rollback have failed, its transaction must not become part of this one.
    rollback()
    connection.exec('begin')
  }
  return {
    connection,
    prepare(sql) {
      const prepared = statements.get(sql) ?? connection.prepare(sql)
      statements.set(sql, prepared)
      return prepared
    },
    begin,
    rollback,
    transaction(work) {
      begin()
      try {
        const result = work()
        connection.exec('commit')
        return result
      } catch (error) {
        rollback()
        throw error
      }
    },
    close() {
      statements.clear()
      connection.close()
    },
  }
}
