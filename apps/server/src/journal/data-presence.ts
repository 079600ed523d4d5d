import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { StorageError } from './journal.js'

/** What a database in use, or one that was used, has beside it. */
const COMPANIONS = ['-wal', '-shm', '-journal', '-lock']

/** Whether there is a database with something in it. */
export function hasData(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
}

/**
 * Throws `StorageError` when the database is gone or emptied, while files beside it show that there
 * was one: to start without data there would hide the loss.
 */
export function expectNoLoss(file: string): void {
  if (hasData(file)) return
  const left = COMPANIONS.map((suffix) => file + suffix).filter((path) => existsSync(path))
  if (left.length === 0) return
  const state = existsSync(file) ? 'has 0 bytes' : 'is missing'
  const names = left.map((path) => basename(path)).join(', ')
  throw new StorageError(
    `${file} ${state}, but ${names} beside it belong to a database. Put that database back, or ` +
      `restore a backup (talus-server restore --from FILE --force). To start without data, ` +
      `move ${names} away first.`,
  )
}
