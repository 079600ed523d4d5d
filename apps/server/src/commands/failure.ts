import { StorageError } from '../journal/journal.js'
import { sqliteCode } from '../journal/sqlite-error.js'

/** What SQLite's codes mean to an operator, by their first two words. */
const MEANINGS: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'the disk failed to read or write',
  SQLITE_CORRUPT: 'the database is damaged',
  SQLITE_NOTADB: 'the file is not a Talus database',
  SQLITE_CANTOPEN: 'a file cannot be opened',
  SQLITE_READONLY: 'a file cannot be written',
  SQLITE_PERM: 'a file may not be opened',
  SQLITE_BUSY: 'another process is using the database',
  SQLITE_LOCKED: 'another process is using the database',
  SQLITE_NOMEM: 'there is not enough memory',
}

/** Failures of the machine rather than of what is stored. */
const OF_THE_MACHINE = [
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_CANTOPEN',
  'SQLITE_BUSY',
  'SQLITE_NOMEM',
]

function primaryCode(error: unknown): string | undefined {
  return sqliteCode(error)?.split('_', 2).join('_')
}

/** Whether the disk or the machine failed: it says nothing about whether the data is whole. */
export function isMachineFailure(error: unknown): boolean {
  const code = primaryCode(error)
  if (code !== undefined) return OF_THE_MACHINE.includes(code)
  return error instanceof Error && error.cause !== undefined && isMachineFailure(error.cause)
}

/** What happened, for people: one line, whatever was thrown. */
export function failureText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = sqliteCode(error)
  const meaning = MEANINGS[primaryCode(error) ?? '']
  const text = meaning === undefined ? message : `${meaning}: ${message} (${code})`
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ')
}

/** Runs a step of a command; what goes wrong begins with `what` could not be done. */
export async function doing<T>(what: string, step: () => Promise<T> | T): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    if (cause instanceof StorageError) throw cause
    throw new StorageError(`${what}: ${failureText(cause)}`, { cause })
  }
}
