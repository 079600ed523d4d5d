import Database from 'libsql'

/** SQLite's extended code, such as SQLITE_IOERR_FSYNC; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined
}

/** SQLite's message with its code, which is what one searches for. */
export function messageOf(error: unknown): string {
  const code = sqliteCode(error)
  const message = error instanceof Error ? error.message : String(error)
  return code === undefined ? message : `${message} (${code})`
}

/** libsql's errors are not native ones: a structured clone would turn them into plain objects. */
export function nativeError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const native = new Error(error.message)
  if (error.stack !== undefined) native.stack = error.stack
  return native
}
