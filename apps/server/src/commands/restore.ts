import { randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StorageError } from '../journal/journal.js'
import { placeDecided, replaceDatabase } from '../journal/replacing.js'
import { prepareRestored } from '../journal/restored-database.js'
import { createDataFolder } from '../journal/sqlite-journal.js'
import { lockFor } from '../journal/sqlite-lock.js'
import { BESIDE_DATABASE, createNewPrivate } from '../private-files.js'
import { databaseIn, type Command } from './command.js'
import { copyDatabase } from './copy.js'
import { expectDatabaseFile, isSameFile } from './database-file.js'
import { doing } from './failure.js'
import { expectWhole, expectWholePages } from './verify.js'

export const restore: Command = {
  name: 'restore',
  usage: 'talus-server restore --from FILE [--data-dir DIR] [--force]',
  summary: 'puts a verified backup in place; not while a server runs, over other data with --force',
  options: { from: { type: 'string' }, force: { type: 'boolean' } },
  required: ['from'],
  async run(dataDir, { from, force }) {
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
      // Somebody may have been faster.
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

/** Its log goes when the database is replaced, and may hold what the file does not. */
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

/** Everything that can fail is done on a copy beside the target. */
async function replace(source: string, target: string): Promise<void> {
  const copy = copyOf(target)
  const discard = () => {
    for (const ending of ENDINGS) rmSync(`${copy}${ending}`, { force: true })
  }
  discard()
  try {
    createNewPrivate(copy)
    await copyDatabase(source, copy)
    await prepareRestored(copy, randomUUID)
    await expectWhole(copy)
    replaceDatabase(copy, target)
  } finally {
    discard()
  }
}
