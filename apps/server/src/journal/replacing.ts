import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { moveDurably, sync } from './durable-file.js'
import { lockFor } from './sqlite-lock.js'

/** What SQLite would take for a part of the database that is in this place. */
const LOGS = ['-wal', '-shm', '-journal']

/** Under this name a database counts, and the one that it replaces does not any more. */
function decidedName(file: string): string {
  return `${file}.restored`
}

/**
 * Puts a finished database in the place of another one, whose log must go and must not be lost
 * before. One rename decides: a process that is killed leaves the old database with its log, or the
 * new one for the next to open it. The caller holds the writer's lock of `file`.
 */
export function replaceDatabase(finished: string, file: string): void {
  moveDurably(finished, decidedName(file))
  placeDecided(file)
}

/** Ends what a process that was killed has decided; the caller holds the writer's lock. */
export function placeDecided(file: string): void {
  if (!existsSync(decidedName(file))) return
  for (const suffix of LOGS) rmSync(`${file}${suffix}`, { force: true })
  sync(dirname(file))
  moveDurably(decidedName(file), file)
}

/** The same for a caller without the lock. Throws `StorageError` when somebody else has it. */
export function finishReplacing(file: string): void {
  if (!existsSync(decidedName(file))) return
  const lock = lockFor(file)
  try {
    placeDecided(file)
  } finally {
    lock.release()
  }
}
