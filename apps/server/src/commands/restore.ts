import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { StorageError } from '../journal/journal.js'
import { prepareRestored } from '../journal/restored-database.js'
import { lockFor } from '../journal/sqlite-lock.js'
import { databaseIn, type Command } from './command.js'
import { moveDurably } from './durable-file.js'
import { expectWhole } from './verify.js'

export const restore: Command = {
  name: 'restore',
  usage: 'talus-server restore --from FILE [--data-dir DIR] [--force]',
  summary: 'puts a verified backup in place; not while a server runs, over other data with --force',
  options: { from: { type: 'string' }, force: { type: 'boolean' } },
  required: ['from'],
  async run(dataDir, { from, force }) {
    const source = resolve(String(from))
    const target = databaseIn(resolve(dataDir))
    if (!existsSync(source)) throw new StorageError(`${source} is not there`)
    mkdirSync(dataDir, { recursive: true })
    const lock = lockFor(target)
    try {
      if (existsSync(target) && force !== true) {
        throw new StorageError(`${target} is there already; --force replaces it`)
      }
      await replace(source, target)
    } finally {
      lock.release()
    }
    process.stderr.write(`Restored ${source} to ${target}. Every session has a new epoch.\n`)
    return 0
  },
}

/** Everything that can fail is done on a copy beside the target. */
async function replace(source: string, target: string): Promise<void> {
  const copy = `${target}.restoring`
  const discard = () => {
    for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(`${copy}${suffix}`, { force: true })
  }
  discard()
  try {
    copyFileSync(source, copy)
    await prepareRestored(copy, randomUUID)
    await expectWhole(copy)
    // A log of the replaced database would be taken for one of the new.
    for (const suffix of ['-wal', '-shm']) rmSync(`${target}${suffix}`, { force: true })
    moveDurably(copy, target)
  } finally {
    discard()
  }
}
