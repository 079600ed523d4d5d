import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { StorageError } from '../journal.js'
import { identityOf, isSame, lockFor } from './lock.js'

/** What a database in use, or one that was used, has beside it. */
const COMPANIONS = ['-wal', '-shm', '-journal', '-lock']

/** What SQLite would take for a part of the database that is in this place. */
const LOGS = ['-wal', '-shm', '-journal']

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

/**
 * Remembers which files a database in use is made of. The function throws `StorageError` when they
 * are no longer where the next start will look for them: what is written is then in files without a
 * name, which end with the process.
 */
export function inPlace(file: string): () => void {
  const files = [file, `${file}-wal`].map((path) => [path, identityOf(path)] as const)
  return () => {
    const moved = files.find(([path, known]) => known && !isSame(known, identityOf(path)))
    if (!moved) return
    throw new StorageError(`EMOVED: ${moved[0]} was deleted, moved or replaced while in use`)
  }
}

/** Makes a file, or the names in a folder, survive a power cut. */
function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Puts a finished file in its place so that a power cut leaves the old one or the new one. */
function moveDurably(from: string, to: string): void {
  sync(from)
  renameSync(from, to)
  sync(dirname(to))
}

/** The same where nothing may be there; throws EEXIST. */
export function moveNew(from: string, to: string): void {
  sync(from)
  try {
    linkSync(from, to)
    rmSync(from)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // A file system without hard links.
    renameSync(from, to)
  }
  sync(dirname(to))
}

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

/** What belonged to the database that is replaced, until the other one is in its place. */
function asideName(file: string, suffix: string): string {
  return `${file}${suffix}.replaced`
}

/**
 * Ends what a process that was killed has decided; the caller holds the writer's lock. The log is
 * moved aside first, as SQLite would take it for the new database's, and back again when that cannot
 * be put in its place.
 */
export function placeDecided(file: string): void {
  if (!existsSync(decidedName(file))) return
  const moved: string[] = []
  try {
    for (const suffix of LOGS) if (moveAside(file, suffix)) moved.push(suffix)
    sync(dirname(file))
    moveDurably(decidedName(file), file)
  } catch (error) {
    // Beside the new database, which may be in place already, the old log would be taken for its own.
    const isOld = existsSync(decidedName(file))
    for (const suffix of isOld ? moved : []) renameSync(asideName(file, suffix), `${file}${suffix}`)
    throw error
  }
  for (const suffix of LOGS) rmSync(asideName(file, suffix), { force: true })
}

/** False: there is none. What a process that was killed has moved aside already stays there. */
function moveAside(file: string, suffix: string): boolean {
  if (!existsSync(`${file}${suffix}`)) return false
  renameSync(`${file}${suffix}`, asideName(file, suffix))
  return true
}

/** Whether a database was restored that is not in its place yet: what is there must not be read. */
export function isBeingReplaced(file: string): boolean {
  return existsSync(decidedName(file))
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

/** Written and synced: about what the next groups of commands need. */
const BYTES = 512 * 1024

/** So long a success counts: whoever asks often does not keep the disk busy. */
const COUNTS_MS = 1_000

/**
 * Proves that the folder of the data takes what is written: a file of half a megabyte is written
 * there, synced and removed, not in the journal's thread. Rejects with `StorageError`.
 */
export function writeProbe(file: string): () => Promise<void> {
  let succeededAt = -Infinity
  return async () => {
    if (performance.now() - succeededAt < COUNTS_MS) return
    try {
      await write(file)
    } catch (cause) {
      const { code = 'unknown' } = cause as NodeJS.ErrnoException
      throw new StorageError(`The data folder takes no data (${code})`, { cause })
    } finally {
      // What remains holds no data, and the next probe writes over it.
      await rm(file, { force: true }).catch(() => undefined)
    }
    succeededAt = performance.now()
  }
}

async function write(file: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(new Uint8Array(BYTES))
    await handle.sync()
  } finally {
    await handle.close()
  }
}
