import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { moveNew } from '../journal/durable-file.js'
import { StorageError } from '../journal/journal.js'
import { createNewPrivate } from '../private-files.js'
import { databaseIn, type Command } from './command.js'
import { copyDatabase } from './copy.js'
import { expectDatabaseFile } from './database-file.js'
import { doing } from './failure.js'
import { expectWhole } from './verify.js'

export const backup: Command = {
  name: 'backup',
  usage: 'talus-server backup --to FILE [--data-dir DIR]',
  summary: 'writes a verified copy, of one moment, into one file; the server may be running',
  options: { to: { type: 'string' } },
  required: ['to'],
  async run(dataDir, { to }) {
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
  // A file of such a name would be taken for a part of the database.
  if (target.startsWith(source)) {
    throw new StorageError(`${target} is a name of the data folder's own; choose another`)
  }
}

/** Nothing has the target's name before it is complete, verified and durable. */
async function write(source: string, target: string): Promise<void> {
  const partial = partialName(target, process.pid)
  createNewPrivate(partial)
  try {
    await copyDatabase(source, partial)
    await expectWhole(partial)
    moveNew(partial, target)
  } finally {
    rmSync(partial, { force: true })
  }
}

function partialName(target: string, pid: number | string): string {
  return `${target}.partial-${pid}`
}

/** Removes what a backup to the same place has left that was killed. */
function removeAbandoned(target: string): void {
  const folder = dirname(target)
  const begin = basename(partialName(target, ''))
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(begin) ? name.slice(begin.length) : ''
    if (/^\d+$/.test(pid) && !isRunning(Number(pid))) rmSync(join(folder, name), { force: true })
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
