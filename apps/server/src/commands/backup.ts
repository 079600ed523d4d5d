import { randomUUID } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { StorageError } from '../errors.js'
import { moveNew, placeDecided, replaceDatabase } from '../journal/sqlite/files.js'
import { lockFor } from '../journal/sqlite/lock.js'
import { createDataFolder } from '../journal/sqlite/open.js'
import { prepareRestored } from '../journal/sqlite/store.js'
import { BESIDE_DATABASE, createNewPrivate } from '../files.js'
import {
  type Command,
  databaseIn,
  doing,
  expectDatabaseFile,
  isSameFile,
  openReading,
} from './command.js'
import { expectWhole, expectWholePages } from './verify.js'

export const backup: Command = {
  name: 'backup',
  usage: 'talus-server backup --to FILE [--data-dir DIR]',
  summary: 'writes a verified, consistent copy into one file; the server may be running',
  options: { to: { type: 'string' } },
  required: ['to'],
  databases:
    'backup is for data folders. Of a PostgreSQL database pg_dump makes one: pg_dump --format=custom --schema=talus --file=talus.dump "$DATABASE_URL"',
  async run({ dataDir }, { to }) {
    const source = databaseIn(resolve(dataDir))
    const target = resolve(String(to))
    expectDatabaseFile(source)
    await doing(`The backup cannot be written to ${target}`, async () => {
      removeAbandoned(target)
      expectFree(target, source)
      await write(source, target)
    })
    process.stderr.write(`Backup written to ${target}\n`)
    return 0
  },
}

function expectFree(target: string, source: string): void {
  if (lstatSync(target, { throwIfNoEntry: false })) {
    throw new StorageError(`${target} is there already; a backup needs a name that is free`)
  }
  // SQLite would read a file of this name as a part of the database.
  if (target.startsWith(source)) {
    throw new StorageError(`${target} is a name of the data folder's own; choose another`)
  }
}

/** Renames the copy to the target's name only when it is complete, verified and durable. */
async function write(source: string, target: string): Promise<void> {
  const partial = partialName(target, process.pid)
  createNewPrivate(partial)
  try {
    await copyDatabase(source, partial)
    expectWhole(partial)
    moveNew(partial, target)
  } finally {
    rmSync(partial, { force: true })
  }
}

function partialName(target: string, pid: number | string): string {
  return `${target}.partial-${pid}`
}

/** Removes the partial files of killed backups to the same path. */
function removeAbandoned(target: string): void {
  const folder = dirname(target)
  const begin = basename(partialName(target, ''))
  for (const name of readdirSync(folder)) {
    const rest = name.startsWith(begin) ? name.slice(begin.length) : ''
    // SQLite keeps a journal beside the copy while it writes.
    const pid = /^(\d+)(?:-journal)?$/.exec(rest)?.[1]
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, name), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid !== process.pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * Copies a database, with what is in its log, into an empty file. It is a reading transaction of
 * SQLite: writers go on meanwhile, and none of it shows in the copy. Throws `StorageError`.
 */
async function copyDatabase(from: string, to: string): Promise<void> {
  await doing(`${from} cannot be copied to ${to}`, () => {
    using reading = openReading(from)
    reading.database.connection.exec(`vacuum into '${to.replaceAll("'", "''")}'`)
  })
}

export const restore: Command = {
  name: 'restore',
  usage: 'talus-server restore --from FILE [--data-dir DIR] [--force]',
  summary:
    'verifies a backup and puts it in place; stop the server first; --force replaces existing data',
  options: { from: { type: 'string' }, force: { type: 'boolean' } },
  required: ['from'],
  databases:
    'restore is for data folders. Into a PostgreSQL database pg_restore puts a dump: pg_restore --clean --if-exists --single-transaction --dbname="$DATABASE_URL" talus.dump',
  async run({ dataDir }, { from, force }) {
    const source = resolve(String(from))
    const target = databaseIn(resolve(dataDir))
    expectDatabaseFile(source)
    expectApart(source, target)
    if (force !== true) expectNone(target)
    await expectWholePages(source)
    await createDataFolder(dirname(target))
    const lock = lockFor(target)
    try {
      placeDecided(target)
      // Another backup may have created the file in the meantime.
      if (force !== true) expectNone(target)
      await doing(`${source} cannot be restored to ${target}`, () => replace(source, target))
    } finally {
      lock.release()
    }
    process.stderr.write(`Restored ${source} to ${target}. Every session has a new epoch.\n`)
    return 0
  },
}

const ENDINGS = ['', ...BESIDE_DATABASE]

function copyOf(target: string): string {
  return `${target}.restoring`
}

/** The old log is removed with the database: it may hold commits that the file does not. */
function expectApart(source: string, target: string): void {
  const own = [target, copyOf(target)].flatMap((file) => ENDINGS.map((ending) => file + ending))
  if (!own.some((path) => isSameFile(source, path))) return
  throw new StorageError(
    `${source} belongs to the data folder itself; expected a file that talus-server backup has written`,
  )
}

function expectNone(target: string): void {
  const found = ['', '-wal'].map((ending) => target + ending).find((path) => existsSync(path))
  if (found === undefined) return
  throw new StorageError(`${found} is there already; --force replaces it`)
}

/** Does everything that can fail on a copy beside the target. */
async function replace(source: string, target: string): Promise<void> {
  const copy = copyOf(target)
  const discard = () => {
    for (const ending of ENDINGS) rmSync(`${copy}${ending}`, { force: true })
  }
  discard()
  try {
    createNewPrivate(copy)
    await copyDatabase(source, copy)
    prepareRestored(copy, randomUUID)
    expectWhole(copy)
    replaceDatabase(copy, target)
  } finally {
    discard()
  }
}
