import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { entryDigest, genesis } from '../src/journal/chain.js'
import { openSqliteJournal, type Journal } from '../src/journal/index.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'

const open = (file: string) => openSqliteJournal({ file, durability: 'full' })

/** What the release before segments had, made of what there is now. */
const ONE_ROW_EACH = [
  'drop index sessions_created_by',
  'drop index sessions_created_at',
  'drop index projects_created_at',
  'drop index projects_session_id',
  'alter table sessions drop column created_by',
  ...['sessions', 'projects', 'project_documents'].map(
    (table) => `alter table ${table} drop column digest`,
  ),
  `create table entries (
    session_id text not null references sessions (session_id) on delete cascade,
    seq integer not null, command_id text not null, payload_hash text not null,
    body text not null, ack text, digest text not null default '',
    primary key (session_id, seq), unique (session_id, command_id))`,
  'drop table segments',
  'drop table command_ids',
  "delete from kysely_migration where name > '0006'",
]

/** What the first release had, made of that. */
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

/** The entries that each session has. */
type Former = Record<string, { from: number; to: number }>

/** Makes data of the release before segments; the entries are those of `batch`. */
function goBack(file: string, former: Former): InstanceType<typeof DatabaseSync> {
  const old = new DatabaseSync(file)
  for (const sql of ONE_ROW_EACH) old.exec(sql)
  const insert = old.prepare('insert into entries values (?, ?, ?, ?, ?, ?, ?)')
  const head = old.prepare('update heads set digest = ? where session_id = ?')
  const removed = old.prepare('update truncations set digest = ? where session_id = ?')
  for (const [session_id, { from, to }] of Object.entries(former)) {
    let digest = genesis(session_id)
    for (let seq = 1; seq <= to; seq += 1) {
      const { command_id, payload_hash, body } = commit(seq)
      digest = entryDigest(digest, { seq, command_id, payload_hash, body, ack: null })
      const row = [session_id, seq, command_id, payload_hash, body, null, digest]
      if (seq < from) removed.run(digest, session_id)
      else insert.run(...row)
    }
    head.run(digest, session_id)
  }
  return old
}

function leave(database: InstanceType<typeof DatabaseSync>): void {
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

async function within<T>(file: string, use: (journal: Journal) => Promise<T>): Promise<T> {
  const journal = await open(file)
  try {
    return await use(journal)
  } finally {
    await journal.close()
  }
}

describe('data of an older release', { timeout: 0 }, () => {
  test('[CMD5] of the first is chained when it is opened', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const loaded = await within(file, async (journal) => {
      for (const id of ['s', 't']) await journal.createSession(session(id))
      await journal.append([{ ...batch('s', 0, 1_200), receipts: [receipt(1_200, 'r')] }])
      await journal.append([batch('t', 0, 3)])
      await journal.writeSnapshot('s', 1_000, ['a', 'b'])
      return [await journal.loadSession('s'), await journal.loadSession('t')]
    })
    const old = goBack(file, { s: { from: 1, to: 1_200 }, t: { from: 1, to: 3 } })
    for (const sql of BACK_TO_FIRST) old.exec(sql)
    leave(old)

    await within(file, async (migrated) => {
      expect([await migrated.loadSession('s'), await migrated.loadSession('t')]).toEqual(loaded)
      expect(await migrated.entriesAfter('s', 0, 2_000)).toEqual(bodies(1, 1_200))
      expect(await migrated.findCommand('s', 'c7')).toEqual(commit(7))
      expect(await migrated.findCommand('s', 'r')).toMatchObject({ seq: null, body: null })
      for (const taken of ['c7', 'r']) {
        const again = { ...batch('s', 1_200), commits: [commit(1_201, taken)] }
        expect(await migrated.append([again])).toMatchObject([{ ok: false, command_ids: [taken] }])
      }
    })
  })

  test('[CMD5] with a row for each entry goes on where it was, also where it was cut', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    await within(file, async (journal) => {
      for (const id of ['s', 't']) await journal.createSession(session(id))
      await journal.append([batch('s', 0, 350), batch('t', 0, 250)])
      await journal.writeSnapshot('s', 300, ['a'])
      expect(await journal.truncate('s', { before_seq: 121, limit: 1_000 })).toBe(120)
    })
    leave(goBack(file, { s: { from: 121, to: 350 }, t: { from: 1, to: 250 } }))

    await within(file, async (migrated) => {
      expect(await migrated.entriesAfter('s', 0, 1_000)).toEqual(bodies(121, 350))
      expect(await migrated.entriesAfter('s', 130, 1_000)).toEqual(bodies(131, 350))
      expect((await migrated.loadSession('t'))?.entries).toEqual(bodies(1, 250))
      expect(await migrated.findCommand('s', 'c7')).toMatchObject({ seq: 7, body: null })
      expect(await migrated.append([batch('s', 350), batch('t', 250)])).toEqual([
        { ok: true },
        { ok: true },
      ])
      expect(await migrated.truncate('s', { before_seq: 251, limit: 1_000 })).toBe(130)
    })
    await within(file, async (migrated) => {
      expect(await migrated.entriesAfter('s', 0, 1_000)).toEqual(bodies(251, 351))
      expect(await migrated.entriesAfter('t', 240, 1_000)).toEqual(bodies(241, 251))
    })
  })

  test.each([
    ['a changed entry', `update entries set body = '{}' where seq = 120`, 'seq 101 to 200'],
    ['a lost entry', 'delete from entries where seq = 120', 'seq 120 is missing'],
    ['a lost end', 'delete from entries where seq = 250', 'seq 250 is missing'],
  ])('[STORE1] with %s is refused as before, with the place', async (_, sql, place) => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    await within(file, async (journal) => {
      for (const id of ['s', 't']) await journal.createSession(session(id))
      await journal.append([batch('s', 0, 250), batch('t', 0, 3)])
    })
    const old = goBack(file, { s: { from: 1, to: 250 }, t: { from: 1, to: 3 } })
    old.exec(sql)
    leave(old)
    await within(file, async (migrated) => {
      await expect(migrated.loadSession('s')).rejects.toThrow(place)
      expect(await migrated.entriesAfter('s', 0, 100)).toEqual(bodies(1, 100))
      expect((await migrated.loadSession('t'))?.entries).toEqual(bodies(1, 3))
    })
  })
})
