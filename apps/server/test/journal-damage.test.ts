import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { verifyFile } from '../src/commands/verify.js'
import { StorageError } from '../src/errors.js'
import type { EntryText } from '../src/journal/entry-text.js'
import { type Journal, openSqliteJournal } from '../src/journal/index.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'
import { LocalStore } from './local-store.js'

const PARTS = ['part zero', 'part one', 'part two']

/**
 * Sessions `s`, with a snapshot at 5 of its 10 entries and a receipt, and `t`, with 3 entries; all of
 * them are in the indexes.
 */
async function written(directory: string): Promise<string> {
  const file = join(directory, 'journal.db')
  await withJournal(file, async (journal) => {
    for (const id of ['s', 't']) await journal.createSession(session(id))
    await journal.append([batch('s', 0, 6), batch('t', 0, 3)])
    await journal.writeSnapshot('s', 5, PARTS)
  })
  await withJournal(file, (journal) => journal.append([batch('s', 6, 2)]))
  await withJournal(file, (journal) =>
    journal.append([{ ...batch('s', 8, 2), receipts: [receipt(10, 'r')] }]),
  )
  return file
}

type Use<T> = (journal: Journal) => Promise<T>

async function closedAfter<T>(journal: Journal, use: Use<T>): Promise<T> {
  try {
    return await use(journal)
  } finally {
    await journal.close()
  }
}

async function withJournal<T>(file: string, use: Use<T>): Promise<T> {
  return closedAfter((await LocalStore.open(file)).journal, use)
}

/** The same by the threads that a server has. */
async function withThreads<T>(file: string, use: Use<T>): Promise<T> {
  return closedAfter(await openSqliteJournal({ file, durability: 'full' }), use)
}

function change(file: string, statement: string): void {
  const database = new DatabaseSync(file)
  expect(database.prepare(statement).run().changes).toBeGreaterThan(0)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

function count(file: string, sql: string): number {
  const database = new DatabaseSync(file)
  const [row] = database.prepare(sql).all() as Record<string, number>[]
  database.close()
  return Object.values(row ?? {})[0] ?? Number.NaN
}

const failure = (message: string) => ({
  name: 'StorageError',
  message: expect.stringContaining(message) as unknown,
})

/** Session `t` is as it was, and takes more. */
async function expectOtherSession(journal: Journal): Promise<void> {
  expect((await journal.loadSession('t'))?.entries).toEqual(bodies(1, 3))
  expect(await journal.append([{ ...batch('t', 3) }])).toEqual([{ ok: true }])
}

const ID_OF_S = `(select id from sessions where session_id = 's')`
const AT_7 = `where session = ${ID_OF_S} and seq = 7`
const DAMAGED_7 = 'the entry at seq 7 is damaged'
const MISSING_7 = 'the entry at seq 7 is missing'

describe('reliability row 2: damage in a row', { timeout: 0 }, () => {
  test.each([
    ['a body', `update log set body = replace(body, '"c7"', '"c6"') ${AT_7}`, DAMAGED_7],
    ['a payload hash', `update log set payload_hash = 'x' ${AT_7}`, DAMAGED_7],
    ['a command id', `update log set command_id = 'x' ${AT_7}`, DAMAGED_7],
    ['an acknowledgement', `update log set ack = '{}' ${AT_7}`, DAMAGED_7],
    ['a lost end', `update log set body = substr(body, 1, 10) ${AT_7}`, DAMAGED_7],
    ['a body that is none', `update log set body = cast(x'ff' as text) ${AT_7}`, DAMAGED_7],
    ['a lost body', `update log set body = null ${AT_7}`, DAMAGED_7],
    ['the digest', `update log set digest = 'x' ${AT_7}`, DAMAGED_7],
    ['the whole row', `delete from log ${AT_7}`, MISSING_7],
    ['its place', `delete from by_seq ${AT_7}`, MISSING_7],
    ['another in its place', `update by_seq set id = id + 1 ${AT_7}`, MISSING_7],
    ['its seq', `update log set seq = 70 ${AT_7}`, MISSING_7],
    ['the session', `update log set session = session + 1 ${AT_7}`, MISSING_7],
  ])(
    '[STORE1] %s: the session is refused with the place, others are served',
    async (_, sql, what) => {
      await using directory = await temporaryDirectory()
      const file = await written(directory.path)
      change(file, sql)
      await withJournal(file, async (journal) => {
        const place = failure(`Session s: ${what}`)
        await expect(journal.loadSession('s')).rejects.toMatchObject(place)
        await expect(journal.entriesAfter('s', 0, 100)).rejects.toMatchObject(place)
        expect(await journal.entriesAfter('s', 0, 6)).toEqual(bodies(1, 6))
        await expectOtherSession(journal)
      })
    },
  )

  test('[STORE1] a retry of a damaged command is not answered with it', async () => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    change(file, `update log set body = replace(body, '"seq":7', '"seq":6') ${AT_7}`)
    change(file, `update log set ack = '{"ok":true}' where seq is null`)
    await withJournal(file, async (journal) => {
      await expect(journal.findCommand('s', 'c7')).rejects.toMatchObject(failure('seq 7'))
      await expect(journal.findCommand('s', 'r')).rejects.toMatchObject(failure('receipt of r'))
      await expect(journal.loadSession('s')).rejects.toMatchObject(failure('seq 7'))
      expect(await journal.findCommand('s', 'c6')).toEqual(commit(6))
    })
  })

  test('[IDEM1] an id that leads to another entry is not answered with it', async () => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    change(file, `update by_cmd set id = id + 1 where command_id = 'c7'`)
    await withJournal(file, async (journal) => {
      const place = failure('Session s: the entry at seq 8 is of another command')
      await expect(journal.findCommand('s', 'c7')).rejects.toMatchObject(place)
      expect(await journal.findCommand('s', 'c8')).toEqual(commit(8))
    })
  })

  test.each([
    ['a part', `update parts set body = 'part 1' where part = 1`],
    ['a missing part', `delete from parts where part = 1`],
    ['a missing last part', `delete from parts where part = 2`],
    ['a missing first part', `delete from parts where part = 0`],
    ['its seq', `update sessions set snapshot_seq = 4 where snapshot_seq = 5`],
    ['a digest', `update parts set digest = '' where part = 0`],
    ['its last digest', `update sessions set snapshot_digest = '' where snapshot_seq = 5`],
  ])('[STORE1] the snapshot, %s: the session opens from its entries', async (_, sql) => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    change(file, sql)
    await withJournal(file, async (journal) => {
      expect(await journal.loadSession('s')).toEqual({
        record: session('s'),
        snapshot: null,
        entries: bodies(1, 10),
        receipts: [receipt(10, 'r')],
        damage: expect.stringMatching(/^the snapshot at seq \d is damaged in part \d$/) as unknown,
      })
      await journal.writeSnapshot('s', 10, PARTS)
      expect((await journal.loadSession('s'))?.snapshot).toEqual({ seq: 10, parts: PARTS })
    })
  })

  test('[STORE1] a snapshot that was begun when the server died counts for nothing', async () => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    change(file, `insert into loose values (100)`)
    change(file, `insert into parts select 100, part, 'x', body from parts`)
    verifyFile(file)
    await withJournal(file, async (journal) => {
      expect((await journal.loadSession('s'))?.snapshot).toEqual({ seq: 5, parts: PARTS })
      await journal.writeSnapshot('s', 10, ['part'])
      expect((await journal.loadSession('s'))?.snapshot).toEqual({ seq: 10, parts: ['part'] })
      while (await journal.eraseRemoved());
    })
    // Nothing is left of it, nor of the one before.
    expect(count(file, 'select count(*) from parts')).toBe(1)
    expect(count(file, 'select count(*) from loose')).toBe(0)
  })

  test('[STORE1] the snapshot, when older entries are gone: the session is refused', async () => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    await withJournal(file, (journal) => journal.truncate('s', { before_seq: 4, limit: 100 }))
    change(file, `update parts set body = 'part 1' where part = 1`)
    await withJournal(file, async (journal) => {
      const place = failure('Session s: the snapshot at seq 5 is damaged in part 1')
      await expect(journal.loadSession('s')).rejects.toMatchObject(place)
      await expectOtherSession(journal)
    })
  })
})

describe('reliability row 2: damage at the end of a session', { timeout: 0 }, () => {
  test.each([
    ['the last entry', `delete from log where seq = 10`, 'seq 10 is missing'],
    ['the last two', `delete from log where seq > 8`, 'seq 10 is missing'],
    ['its place', `delete from by_seq where seq = 10`, 'seq 10 is missing'],
    [
      'its last seq',
      `update sessions set last_seq = 9 where session_id = 's'`,
      'seq 9 is not what the head',
    ],
    [
      'its last digest',
      `update sessions set last_digest = 'x' where session_id = 's'`,
      'seq 10 is not what the head',
    ],
    ['the last receipt', `delete from by_receipt`, 'last receipt is missing'],
    ['the row of it', `delete from log where seq is null`, 'receipt'],
  ])('[STORE1] %s: the session is refused, others are served', async (_, sql, place) => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    change(file, sql)
    await withJournal(file, async (journal) => {
      await expect(journal.loadSession('s')).rejects.toMatchObject(failure(`Session s: `))
      await expect(journal.loadSession('s')).rejects.toMatchObject(failure(place))
      await expectOtherSession(journal)
      expect(await journal.listSessions()).toMatchObject([{ session_id: 's' }, { session_id: 't' }])
    })
  })
})

test.each([
  ['whose last entry is missing', `delete from log where seq = 10`],
  ['whose last seq is another', `update sessions set last_seq = 9 where session_id = 's'`],
  ['whose last receipt is missing', `delete from by_receipt`],
  ['of another epoch', `update sessions set epoch = 'x' where session_id = 's'`],
  ['of another date', `update sessions set created_at = 'x' where session_id = 's'`],
])('[STORE1] lists mark a session %s as damaged, and no other', { timeout: 0 }, async (_, sql) => {
  await using directory = await temporaryDirectory()
  const file = await written(directory.path)
  await withJournal(file, async (journal) => {
    const marked = (await journal.listSessions()).filter((one) => 'damaged' in one)
    expect(marked).toEqual([])
  })
  change(file, sql)
  await withJournal(file, async (journal) => {
    const marked = (await journal.listSessions()).filter(({ damaged }) => damaged)
    expect(marked).toMatchObject([{ session_id: 's', damaged: true }])
  })
})

test('[STORE1] without the last entry, there is no history after it either', async () => {
  await using directory = await temporaryDirectory()
  const file = await written(directory.path)
  change(file, `delete from log where seq = 10`)
  await withJournal(file, async (journal) => {
    const place = failure('seq 10 is missing')
    await expect(journal.entriesAfter('s', 0, 100)).rejects.toMatchObject(place)
    await expect(journal.entriesAfter('s', 8, 5)).rejects.toMatchObject(place)
    await expectOtherSession(journal)
  })
}, 0)

test('[STORE1] a session that is lost itself is missed by verify', async () => {
  await using directory = await temporaryDirectory()
  const file = await written(directory.path)
  change(file, `delete from sessions where session_id = 's'`)
  const { ok, database } = verifyFile(file)
  expect([ok, database]).toEqual([false, [expect.stringContaining('is missing')]])
  await withJournal(file, expectOtherSession)
}, 0)

/** As `written`, with three more entries that are behind the indexes: of `t`, `s` and `s`. */
async function behind(directory: string): Promise<string> {
  const file = await written(directory)
  const store = await LocalStore.open(file)
  await store.journal.append([batch('t', 3)])
  await store.journal.append([batch('s', 10)])
  await store.journal.append([batch('s', 11)])
  store.exec('pragma wal_checkpoint(truncate)')
  store.drop()
  return file
}

describe('reliability row 2: damage behind the indexes', { timeout: 0 }, () => {
  test.each([
    [
      'a changed body',
      `update log set body = '{}' where seq = 11`,
      'the entry at seq 11 is damaged',
    ],
    [
      'text that is none',
      `update log set body = cast(x'ff' as text) where seq = 12`,
      'the entry at seq 12 is damaged',
    ],
    ['a lost row', `delete from log where seq = 11`, 'the entry at seq 11 is missing'],
  ])('[STORE1] %s: the session is refused, others are served', async (_, sql, place) => {
    await using directory = await temporaryDirectory()
    const file = await behind(directory.path)
    change(file, sql)
    expect(verifyFile(file).sessions[0]?.damage).toContain(`Session s: ${place}`)
    // Also once they are in the indexes.
    for (const _round of [1, 2]) {
      await withJournal(file, async (journal) => {
        await expect(journal.loadSession('s')).rejects.toMatchObject(failure(`Session s: ${place}`))
        expect((await journal.loadSession('t'))?.entries).toEqual(bodies(1, 4))
      })
    }
  })

  test('[STORE1] a flipped bit in its text is found', async () => {
    await using directory = await temporaryDirectory()
    const file = await behind(directory.path)
    const whole = await readFile(file)
    const at = whole.indexOf(commit(12).body) + 20
    expect(at).toBeGreaterThan(20)
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Buffer.from(whole)
      flipped[at] = (whole[at] ?? 0) ^ (1 << bit)
      await writeFile(file, flipped)
      await withJournal(file, async (journal) => {
        await expect(journal.loadSession('s')).rejects.toMatchObject(failure('seq 12 is damaged'))
      })
    }
    await writeFile(file, whole)
    await withJournal(file, async (journal) => {
      expect((await journal.loadSession('s'))?.entries).toEqual(bodies(6, 12))
    })
  })
})

/** The whole history that a session opens with; a snapshot stands for what is before it. */
async function historyOf(journal: Journal, session_id: string): Promise<EntryText[] | 'refused'> {
  try {
    const loaded = await journal.loadSession(session_id)
    const { snapshot = null, entries = [] } = loaded ?? {}
    const whole = snapshot === null || snapshot.parts.join() === PARTS.join()
    return whole ? [...bodies(1, snapshot?.seq ?? 0), ...entries] : ['another snapshot']
  } catch (error) {
    return refused(error)
  }
}

function refused(error: unknown): 'refused' {
  if (error instanceof StorageError) return 'refused'
  throw error
}

describe('reliability row 2: damage in the file', { timeout: 0 }, () => {
  test('[STORE1] cut off anywhere, it opens what is whole and refuses the rest', async () => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    const whole = await readFile(file)
    for (let size = whole.length - 4096; size > 0; size -= 4096 + 1000) {
      await writeFile(file, whole)
      await truncate(file, size)
      const histories = await withThreads(file, async (journal) => ({
        s: await historyOf(journal, 's'),
        t: await historyOf(journal, 't'),
      })).catch((error: unknown) => ({ s: refused(error), t: refused(error) }))
      expect(['refused', bodies(1, 10)]).toContainEqual(histories.s)
      expect(['refused', bodies(1, 3)]).toContainEqual(histories.t)
    }
  })

  test('[STORE1] a flipped bit in the text of an entry is found', async () => {
    await using directory = await temporaryDirectory()
    const file = await written(directory.path)
    const whole = await readFile(file)
    const at = whole.indexOf(commit(7).body) + 20
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Buffer.from(whole)
      flipped[at] = (whole[at] ?? 0) ^ (1 << bit)
      await writeFile(file, flipped)
      await withThreads(file, async (journal) => {
        const place = failure(`Session s: ${DAMAGED_7}`)
        await expect(journal.loadSession('s')).rejects.toMatchObject(place)
        expect(await historyOf(journal, 't')).toEqual(bodies(1, 3))
      })
    }
  })
})
