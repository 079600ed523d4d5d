/** What the driver throws: its primary code with a name, and SQLite's extended code. */
type SqliteError = Error & { sqliteCodeName?: string; sqliteExtendedCode?: number }

/** Extended codes worth telling apart: what the disk did not do. */
const EXTENDED: { [code: number]: string } = {
  266: 'SQLITE_IOERR_READ',
  522: 'SQLITE_IOERR_SHORT_READ',
  778: 'SQLITE_IOERR_WRITE',
  1034: 'SQLITE_IOERR_FSYNC',
  1290: 'SQLITE_IOERR_DIR_FSYNC',
  1546: 'SQLITE_IOERR_TRUNCATE',
  1802: 'SQLITE_IOERR_FSTAT',
  2570: 'SQLITE_IOERR_DELETE',
  3850: 'SQLITE_IOERR_LOCK',
  4618: 'SQLITE_IOERR_SHMOPEN',
  4874: 'SQLITE_IOERR_SHMSIZE',
  5386: 'SQLITE_IOERR_SHMMAP',
  6154: 'SQLITE_IOERR_MMAP',
}

/** SQLite's code, such as SQLITE_IOERR_FSYNC; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { sqliteCodeName, sqliteExtendedCode = 0 } = error as SqliteError
  return sqliteCodeName && (EXTENDED[sqliteExtendedCode] ?? sqliteCodeName)
}

/** Whether SQLite failed, or holds a number where none of that size was ever written. */
export function isSqliteError(error: unknown): error is Error {
  if (sqliteCode(error) !== undefined) return true
  return error instanceof RangeError && (error as NodeJS.ErrnoException).code === 'ERR_OUT_OF_RANGE'
}

/** Codes of commits of which nothing can be in the log: the last page was not written. */
const NOTHING_COMMITTED = new Set([
  'SQLITE_IOERR_READ',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_WRITE',
])

/** What the error says about the database as a whole. */
export type Trouble = {
  /** The connection is opened again before it is used further. */
  isSuspect: boolean
  /** What was refused may be in the log, and come back with the next start. */
  mayBeCommitted: boolean
}

/** Undefined: not the disk, but what was asked for, or damage of a single place. */
export function troubleOf(error: unknown): Trouble | undefined {
  const code = sqliteCode(error) ?? (error instanceof Error ? sqliteCode(error.cause) : undefined)
  if (code === 'SQLITE_FULL') return { isSuspect: false, mayBeCommitted: false }
  if (code?.startsWith('SQLITE_IOERR'))
    return { isSuspect: true, mayBeCommitted: !NOTHING_COMMITTED.has(code) }
  const isConnection = ['SQLITE_CANTOPEN', 'SQLITE_PROTOCOL', 'SQLITE_NOMEM', 'SQLITE_READONLY']
  if (code !== undefined && isConnection.includes(code))
    return { isSuspect: true, mayBeCommitted: code === 'SQLITE_NOMEM' }
  return undefined
}

/**
 * The process must end before it answers what it was asked to write: nobody can say whether that is
 * durable, or another process writes to the database by now.
 */
export class JournalLost extends Error {
  override readonly name = 'JournalLost'
}

/** SQLite's message with its code, which is what one searches for. */
export function messageOf(error: unknown): string {
  const code = sqliteCode(error)
  const message = error instanceof Error ? error.message : String(error)
  return code === undefined ? message : `${message} (${code})`
}
