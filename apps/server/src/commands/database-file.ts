import { accessSync, constants, statSync, type Stats } from 'node:fs'
import { StorageError } from '../journal/journal.js'

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
