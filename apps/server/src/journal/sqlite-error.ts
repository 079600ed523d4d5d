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

/** SQLite's message with its code, which is what one searches for. */
export function messageOf(error: unknown): string {
  const code = sqliteCode(error)
  const message = error instanceof Error ? error.message : String(error)
  return code === undefined ? message : `${message} (${code})`
}
