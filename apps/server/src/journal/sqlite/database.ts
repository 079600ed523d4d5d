import { existsSync, rmSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { BESIDE_DATABASE, createPrivate } from '../../files.js'
import { StorageError } from '../journal.js'
import { JournalLost, messageOf, sqliteCode } from './errors.js'
import { expectNoLoss, finishReplacing, hasData, inPlace, isBeingReplaced } from './files.js'
import {
  lockForWriting,
  takeOwnership,
  type Connection,
  type Ownership,
  type WriterLock,
} from './lock.js'
import { hasLostCommits, logStateOf, openLogState } from './wal.js'

export type { Connection }

/** `full`: an answered write survives a power failure. `normal`: it survives a crash of the process. */
export type Durability = 'full' | 'normal'

/** What the journal stores in a column. */
export type SqlValue = string | number | null

/** A prepared statement; its parameters are given in order. */
export type Statement = {
  run: (...values: SqlValue[]) => { changes: number; lastInsertRowid: number | bigint }
  get: (...values: SqlValue[]) => unknown
  all: (...values: SqlValue[]) => unknown[]
  iterate: (...values: SqlValue[]) => IterableIterator<unknown>
}

/** One connection with its prepared statements. A writer's holds the lock until it is closed. */
export type SqliteDatabase = {
  connection: Connection
  /** Prepares a statement once and keeps it: for SQL of which there is a limited number. */
  prepare: (sql: string) => Statement
  /** Commits what `work` has written, or nothing of it when it throws. */
  transaction: <T>(work: () => T) => T
  /** Lets `work` read one state of the database. Also within a transaction. */
  view: <T>(work: () => T) => T
  /**
   * Commits and syncs one page that changes nothing. What a commit left in the log that was reported
   * as failed is overwritten by it, or cut off from what counts. It proves that writing works.
   */
  overwrite: () => void
  /** What was acknowledged is missing: the log was damaged when the database was opened. */
  isOlder: boolean
  /** Throws `StorageError` when its files are not where the next start will look for them. */
  look: () => void
  /** Throws `JournalLost` when another process writes to the database, or may do so. */
  guard: () => void
  /** A new connection in place of this one, under the same lock. Throws `StorageError`. */
  reopen: () => SqliteDatabase
  close: () => void
}

/** Tells the journal's files from other SQLite databases: 'Talu'. */
const APPLICATION_ID = 0x54616c75

/** Opens or creates the file. Throws `StorageError`, the file untouched, if it is not ours to use. */
export function openDatabase(file: string, durability: Durability): SqliteDatabase {
  let connection: Connection | undefined
  let lock: WriterLock | undefined
  let isNew = false
  try {
    finishReplacing(file)
    // A restored database that was only now put in place is not new.
    isNew = !hasData(file)
    expectNoLoss(file)
    createPrivate(file)
    const before = logStateOf(file)
    connection = new DatabaseSync(file, { timeout: 1_000 })
    identify(connection, file)
    lock = lockForWriting(file)
    // Now that it was read, SQLite has decided how far its log counts.
    const isOlder = hasLostCommits(file, before, openLogState(connection, file))
    claim(connection)
    configure(connection, durability)
    const ownership = takeOwnership(connection, file)
    return { ...writerOver({ file, durability, connection, lock, ownership }), isOlder }
  } catch (error) {
    connection?.close()
    // A first start that failed must not look like lost data to the next.
    if (lock && isNew) removeAll(file)
    lock?.release()
    throw asStorageError(file, error)
  }
}

function removeAll(file: string): void {
  for (const ending of ['', ...BESIDE_DATABASE]) rmSync(`${file}${ending}`, { force: true })
}

/** Opens a file that is there to read it, also while a server writes to it. Throws `StorageError`. */
export function openReadOnly(file: string): SqliteDatabase {
  if (!existsSync(file)) throw new StorageError(`${file} is not there`)
  if (isBeingReplaced(file)) {
    throw new StorageError(
      `${file} is being replaced by a backup; start the server once to end that`,
    )
  }
  let connection: Connection | undefined
  try {
    connection = new DatabaseSync(file, { readOnly: true, timeout: 1_000 })
    if (isEmpty(connection)) throw new StorageError(`${file} is empty`)
    identify(connection, file)
    return databaseOver({ connection, check: () => undefined })
  } catch (error) {
    connection?.close()
    throw asStorageError(file, error)
  }
}

/**
 * Opens the database of a writer to read beside it, and to copy its log into the database. What else
 * it may do to it is nobody's business but the writer's.
 */
export function openBeside(file: string): SqliteDatabase {
  // SQLite would make an empty one in the place of what somebody has moved away.
  if (!existsSync(file)) throw new StorageError(`${file} is not there`)
  const connection = new DatabaseSync(file, { timeout: 1_000 })
  connection.exec('pragma query_only = on; pragma cache_size = -8000')
  return databaseOver({ connection, check: () => undefined })
}

type Writer = {
  file: string
  durability: Durability
  connection: Connection
  lock: WriterLock
  ownership: Ownership
}

function writerOver(writer: Writer): SqliteDatabase {
  const { file, durability, connection, lock, ownership } = writer
  const reopen = () => {
    if (connection.isOpen) connection.close()
    let next: Connection | undefined
    try {
      next = new DatabaseSync(file, { timeout: 1_000 })
      identify(next, file)
      configure(next, durability)
      return writerOver({ ...writer, connection: next, ownership: ownership.on(next) })
    } catch (error) {
      next?.close()
      throw error instanceof JournalLost ? error : asStorageError(file, error)
    }
  }
  const database = databaseOver({ connection, check: ownership.check, lock, reopen })
  return {
    ...database,
    look: inPlace(file),
    overwrite: () => database.transaction(ownership.claimAgain),
    guard() {
      lock.renew()
      database.transaction(() => undefined)
    },
  }
}

function asStorageError(file: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error
  return new StorageError(`${file} ${refusal(error)}: ${messageOf(error)}`, { cause: error })
}

function isEmpty(connection: Connection): boolean {
  return valueOf(connection, 'schema_version') === 0
}

/** Nothing is written to, or beside, a file that is not ours. */
function identify(connection: Connection, file: string): void {
  if (isEmpty(connection) || valueOf(connection, 'application_id') === APPLICATION_ID) return
  throw new StorageError(`${file} is a database of another application`)
}

/** Marks a new file as ours. */
function claim(connection: Connection): void {
  if (!isEmpty(connection)) return
  connection.exec(`pragma application_id = ${APPLICATION_ID}`)
}

function configure(connection: Connection, durability: Durability): void {
  const mode = valueOf(connection, 'journal_mode = wal')
  if (mode !== 'wal') throw new Error(`no write-ahead log, journal_mode is ${String(mode)}`)
  connection.exec(`pragma synchronous = ${durability}`)
  connection.exec('pragma foreign_keys = on')
  // 64 MB of log: in the server `Checkpoints` come first, and leave little to copy.
  connection.exec('pragma wal_autocheckpoint = 16000')
  // 8 MB of pages: with the default of 2 a journal of some dozen busy sessions reads them again.
  connection.exec('pragma cache_size = -8000')
  // What is deleted is overwritten where its page is written anyway; the rest is for `Erasure`.
  connection.exec('pragma secure_delete = fast')
  // Deleting a large session makes a large log; the disk gets it back at the next checkpoint.
  connection.exec('pragma journal_size_limit = 67108864')
}

/** What a pragma answers. */
function valueOf(connection: Connection, pragma: string): unknown {
  const row = connection.prepare(`pragma ${pragma}`).get() as Record<string, unknown>
  return Object.values(row)[0]
}

/** The size of the file, without its log. */
export function bytesOf({ connection }: SqliteDatabase): number {
  return Number(valueOf(connection, 'page_count')) * Number(valueOf(connection, 'page_size'))
}

function refusal(error: unknown): string {
  const code = sqliteCode(error)
  if (code === 'SQLITE_NOTADB') return 'is not a journal'
  if (code?.startsWith('SQLITE_BUSY')) return 'is in use by another process'
  return 'cannot be opened'
}

type Over = {
  connection: Connection
  /** Called within each transaction before it does anything. */
  check: () => void
  lock?: WriterLock
  reopen?: () => SqliteDatabase
}

function databaseOver({ connection, check, lock, reopen = readsOnly }: Over): SqliteDatabase {
  const statements = new Map<string, Statement>()
  const rollback = () => {
    // SQLite has already rolled back by itself after some errors, a full disk for one.
    if (connection.isTransaction) connection.exec('rollback')
  }
  const begin = () => {
    // Should an earlier rollback have failed, its transaction must not become part of this one.
    rollback()
    connection.exec(lock ? 'begin immediate' : 'begin')
    check()
  }
  return {
    connection,
    prepare(sql) {
      const prepared = statements.get(sql) ?? connection.prepare(sql)
      statements.set(sql, prepared)
      return prepared
    },
    transaction(work) {
      try {
        begin()
        const result = work()
        connection.exec('commit')
        return result
      } catch (error) {
        rollback()
        throw error
      }
    },
    view(work) {
      if (connection.isTransaction) return work()
      connection.exec('begin')
      try {
        return work()
      } finally {
        if (connection.isTransaction) connection.exec('end')
      }
    },
    overwrite: readsOnly,
    isOlder: false,
    look: () => undefined,
    guard: readsOnly,
    reopen,
    close() {
      statements.clear()
      if (connection.isOpen) connection.close()
      lock?.release()
    },
  }
}

function readsOnly(): never {
  throw new Error('This connection only reads')
}
