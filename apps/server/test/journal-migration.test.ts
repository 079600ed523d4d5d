import { join } from 'node:path'
import Database from 'libsql'
import { expect, test } from 'vitest'
import { openSqliteJournal } from '../src/journal/index.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'

/** What the first release had, made of what there is now. */
const BACK_TO_FIRST = [
  'drop index receipts_after_seq',
  'drop table truncations',
  'drop table heads',
  'drop table snapshot_heads',
  'drop table staged',
  'drop table members',
  'drop table share_links',
  ...['entries', 'receipts', 'snapshots'].map((table) => `alter table ${table} drop column digest`),
  "delete from kysely_migration where name <> '0001_journal'",
]

test('[CMD5] data of the first release is chained when it is opened', { timeout: 0 }, async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'journal.db')
  const open = () => openSqliteJournal({ file, durability: 'full' })
  const journal = await open()
  for (const id of ['s', 't']) await journal.createSession(session(id))
  await journal.append([{ ...batch('s', 0, 1_200), receipts: [receipt(1_200, 'r')] }])
  await journal.append([batch('t', 0, 3)])
  await journal.writeSnapshot('s', 1_000, ['a', 'b'])
  const loaded = [await journal.loadSession('s'), await journal.loadSession('t')]
  await journal.close()
  const digests = () => {
    const database = new Database(file)
    const rows = database.prepare('select digest from entries order by session_id, seq').all()
    database.close()
    return rows
  }
  const written = digests()
  const old = new Database(file)
  for (const sql of BACK_TO_FIRST) old.exec(sql)
  old.exec('pragma wal_checkpoint(truncate)')
  old.close()

  const migrated = await open()
  expect([await migrated.loadSession('s'), await migrated.loadSession('t')]).toEqual(loaded)
  expect(await migrated.entriesAfter('s', 0, 2_000)).toEqual(bodies(1, 1_200))
  expect(await migrated.findCommand('s', 'c7')).toEqual(commit(7))
  await migrated.close()
  expect(digests()).toEqual(written)
})
