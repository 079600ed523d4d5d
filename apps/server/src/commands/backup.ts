import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { StorageError } from '../journal/journal.js'
import { databaseIn, type Command } from './command.js'
import { moveDurably } from './durable-file.js'
import { openTables } from './reading.js'
import { expectWhole } from './verify.js'

export const backup: Command = {
  name: 'backup',
  usage: 'talus-server backup --to FILE [--data-dir DIR]',
  summary: 'writes a verified copy, of one moment, into one file; the server may be running',
  options: { to: { type: 'string' } },
  required: ['to'],
  async run(dataDir, { to }) {
    const target = resolve(String(to))
    if (existsSync(target)) throw new StorageError(`${target} is there already`)
    const partial = `${target}.partial`
    rmSync(partial, { force: true })
    try {
      await copy(databaseIn(dataDir), partial)
      await expectWhole(partial)
      moveDurably(partial, target)
    } finally {
      rmSync(partial, { force: true })
    }
    process.stderr.write(`Backup written to ${target}\n`)
    return 0
  },
}

/** A reading transaction of SQLite: writers go on meanwhile, and none of it shows in the copy. */
async function copy(from: string, to: string): Promise<void> {
  // SQLite takes a view of the name of a table with an index for that table.
  await using reading = await openTables(from)
  reading.exec(`vacuum into '${to.replaceAll("'", "''")}'`)
}
