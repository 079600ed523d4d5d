import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { wholeText } from '../src/journal/entry-text.js'
import { openSqliteJournal, type Journal, type StorageError } from '../src/journal/index.js'
import { linkThreads, untilClosed } from '../src/journal/sqlite/open.js'
import { builtWorker } from '../src/files.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, commit, project, session } from './journal-samples.js'

function startThreads(workerData: object): { write: Worker; read: Worker } {
  const start = (name: string) =>
    new Worker(builtWorker(`journal/sqlite/${name}-thread.js`), { workerData })
  return { write: start('write'), read: start('read') }
}

/** Characters of the texts in a message, whatever it is. */
function charsOf(message: unknown): number {
  if (typeof message === 'string') return message.length
  if (typeof message !== 'object' || message === null) return 0
  return Object.values(message).reduce<number>((sum, value) => sum + charsOf(value), 0)
}

/** A journal whose messages from and to its threads are looked at. */
async function openThreads() {
  const directory = await temporaryDirectory()
  const file = join(directory.path, 'journal.db')
  /** The characters of each message. */
  const messages: number[] = []
  const open = () => {
    const workers = startThreads({ file, durability: 'full' })
    for (const worker of [workers.write, workers.read]) {
      const post = worker.postMessage.bind(worker)
      worker.postMessage = (message: unknown) => {
        messages.push(charsOf(message))
        post(message)
      }
      worker.on('message', (message: unknown) => messages.push(charsOf(message)))
    }
    const link = linkThreads(workers, { onFatal: () => undefined, onFault: () => undefined })
    return { link, journal: untilClosed(link, () => Promise.resolve()) }
  }
  const opened = {
    ...open(),
    messages,
    async reopen(): Promise<Journal> {
      Object.assign(opened, open())
      return opened.journal
    },
    count(sql: string): number {
      const database = new DatabaseSync(file, { readOnly: true })
      const [row] = database.prepare(sql).all() as Record<string, number>[]
      database.close()
      return Object.values(row ?? {})[0] ?? Number.NaN
    },
    async [Symbol.asyncDispose]() {
      await opened.journal.close()
      await directory[Symbol.asyncDispose]()
    },
  }
  return opened
}

const refusedWith = (message: string) => ({
  name: 'StorageError',
  message: expect.stringContaining(message) as unknown,
})

describe('the file', { timeout: 0 }, () => {
  test('a second opener is refused, and the first goes on', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const first = await openSqliteJournal({ file, durability: 'full' })
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith(`${file} is in use`),
    )
    await first.createSession(session('s'))
    await first.close()
    const second = await openSqliteJournal({ file, durability: 'normal' })
    expect(await second.listSessions()).toHaveLength(1)
    await second.close()
  })

  test.each([
    ['a short text', 'hello'],
    ['a long text', 'hello, world\n'.repeat(1000)],
  ])('%s is refused and left as it was', async (_, text) => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    await writeFile(file, text)
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith(`${file} is not a journal: file is not a database (SQLITE_NOTADB)`),
    )
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(await readdir(directory.path)).toEqual(['journal.db'])
  })

  test('a database of another application is refused and left as it was', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'other.db')
    const other = new DatabaseSync(file)
    other.exec('create table sessions (session_id text)')
    other.close()
    const before = await readFile(file)
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith(`${file} is a database of another application`),
    )
    expect(await readFile(file)).toEqual(before)
  })

  test('a schema that is newer than the code is refused', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    await (await openSqliteJournal({ file, durability: 'full' })).close()
    const later = new DatabaseSync(file)
    later.exec('update journal set layout = 99')
    later.close()
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith(`${file} was written by a newer version`),
    )
  })

  test('a layout of before the first release is refused with what to do, and left as it was', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const earlier = new DatabaseSync(file)
    earlier.exec(`pragma application_id = ${0x54616c75};
      create table kysely_migration (name text); create table segments (body text)`)
    earlier.close()
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith('export its projects with the version that wrote it, and move the file away'),
    )
    const after = new DatabaseSync(file)
    expect(after.prepare('select name from sqlite_master order by name').all()).toEqual([
      { name: 'kysely_migration' },
      { name: 'segments' },
    ])
    after.close()
  })

  test('a directory that cannot be created is named', async () => {
    await using directory = await temporaryDirectory()
    const occupied = join(directory.path, 'occupied')
    await writeFile(occupied, '')
    const file = join(occupied, 'data', 'journal.db')
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith(join(occupied, 'data')),
    )
  })

  test('a path that cannot be a file is named', async () => {
    await using directory = await temporaryDirectory()
    const file = directory.path
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith(`${file} cannot be opened`),
    )
  })
})

describe('the log', { timeout: 0 }, () => {
  test('is copied into the database while commands go on, and gone when the journal closes', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const bytesAt = async (suffix: string) => (await stat(file + suffix)).size
    const journal = await openSqliteJournal({ file, durability: 'full' })
    await journal.createSession(session('s'))
    const body = (seq: number) => JSON.stringify({ seq, text: 'x'.repeat(50_000) })
    let seq = 0
    // Before SQLite's own checkpoint, at 64 MB of log, nothing else writes to the database.
    while ((await bytesAt('')) < 1_000_000) {
      expect(await bytesAt('-wal')).toBeLessThan(60_000_000)
      const base_seq = seq
      const commits = Array.from({ length: 10 }, () => ({ ...commit(++seq), body: body(seq) }))
      expect(await journal.append([{ session_id: 's', base_seq, commits, receipts: [] }])).toEqual([
        { ok: true },
      ])
    }
    await journal.close()
    expect(await readdir(directory.path)).toEqual(['journal.db', 'journal.db-lock'])

    const again = await openSqliteJournal({ file, durability: 'full' })
    const loaded = await again.loadSession('s')
    expect(loaded?.entries).toEqual(Array.from({ length: seq }, (_, i) => body(i + 1)))
    await again.close()
  })
})

describe('the worker', { timeout: 0 }, () => {
  test('closing waits for what was asked before, and ends the journal', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const journal = await openSqliteJournal({ file, durability: 'full' })
    await journal.createSession(session('s'))
    const appended = journal.append([batch('s', 0, 500)])
    await Promise.all([journal.close(), journal.close()])
    expect(await appended).toEqual([{ ok: true }])
    await expect(journal.ping()).rejects.toMatchObject(refusedWith('closed'))
    // A closed journal is one file, fit to be copied; the lock is empty and stays.
    expect(await readdir(directory.path)).toEqual(['journal.db', 'journal.db-lock'])
    expect(await readFile(`${file}-lock`, 'utf8')).toBe('')
  })

  test('appends that overlap are served in order', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const journal = await openSqliteJournal({ file, durability: 'full' })
    await journal.createSession(session('s'))
    const appends = Array.from({ length: 20 }, (_, i) => journal.append([batch('s', i * 3, 3)]))
    const loaded = journal.loadSession('s')
    const after = journal.append([batch('s', 60, 1)])
    expect((await Promise.all(appends)).flat()).toEqual(appends.map(() => ({ ok: true })))
    // All that was asked for before, and perhaps what came right after.
    expect((await loaded)?.entries.slice(0, 60)).toEqual(bodies(1, 60))
    expect(await after).toEqual([{ ok: true }])
    await journal.close()
  })

  test('rows are indexed a part at a time before some of them are removed', async () => {
    await using threads = await openThreads()
    const { journal, link } = threads
    await journal.createSession(session('s'))
    for (let base = 0; base < 4_000; base += 50) await journal.append([batch('s', base, 50)])
    let steps = 1
    while (await link.writes.indexSome('s')) steps += 1
    expect(steps).toBeGreaterThan(5)
    expect((await journal.loadSession('s'))?.entries).toEqual(bodies(1, 4_000))
  })

  test('what is long goes to and fro in portions and arrives whole, also before a close', async () => {
    await using threads = await openThreads()
    const { journal, messages } = threads
    await journal.createSession(session('s'))
    const text = 'aé😀"\\'.repeat(400_000)
    const [long, next] = [batch('s', 0, 2), batch('s', 2, 1)]
    for (const each of long.commits) {
      each.body = JSON.stringify({ ...(JSON.parse(each.body) as object), text })
    }
    await journal.createProject(project('p', 's'))
    const document = Array.from({ length: 30 }, (_, i) =>
      JSON.stringify([i, text.slice(0, 200_000)]),
    )
    const saved = { saved_at: '2026-01-01T00:00:00.000Z', saved_seq: 0, document }
    const before = messages.length
    const appended = journal.append([long])
    const kept = journal.saveProject('p', saved)
    const closed = journal.close()
    expect(await appended).toEqual([{ ok: true }])
    expect(await kept).toBe(true)
    await closed
    expect(messages.length - before).toBeGreaterThan(10)
    const again = await threads.reopen()
    const { entries = [] } = (await again.loadSession('s')) ?? {}
    expect(entries.map(wholeText)).toEqual(long.commits.map(({ body }) => body))
    // Whoever needs the entry reads it by its seq.
    expect(await again.findCommand('s', 'c2')).toEqual({ ...long.commits[1], body: undefined })
    expect(await again.savedDocument('p')).toEqual(document)
    expect(await again.append([next])).toEqual([{ ok: true }])
    // No message in either direction is as long as one of the texts.
    expect(Math.max(...messages)).toBeLessThan(text.length)
  })

  test('others are appended between the parts of a long entry', async () => {
    await using threads = await openThreads()
    const { journal } = threads
    for (const id of ['large', 'small']) await journal.createSession(session(id))
    const long = { ...commit(1), body: JSON.stringify('x'.repeat(20_000_000)) }
    let isDone = false
    const appended = journal.append([{ ...batch('large', 0, 0), commits: [long] }])
    void appended.then(() => (isDone = true))
    let count = 0
    while (!isDone) expect(await journal.append([batch('small', count++)])).toEqual([{ ok: true }])
    expect(count).toBeGreaterThan(20)
    expect(await appended).toEqual([{ ok: true }])
    expect((await journal.entriesAfter('large', 0, 10)).map(wholeText)).toEqual([long.body])
  })

  test('a long entry that is refused leaves nothing', async () => {
    await using threads = await openThreads()
    const { journal } = threads
    await journal.createSession(session('s'))
    const long = { ...commit(2), body: JSON.stringify('x'.repeat(2_000_000)) }
    const conflict = { session_id: 's', base_seq: 1, commits: [long], receipts: [] }
    expect(await journal.append([conflict])).toEqual([{ ok: false, reason: 'conflict' }])
    while (await journal.eraseRemoved());
    await journal.close()
    expect(threads.count('select count(*) from loose')).toBe(0)
    expect(threads.count('select count(*) from parts')).toBe(0)
  })

  test('parts that a process left which died before their entry go at the next start', async () => {
    await using threads = await openThreads()
    const ref = await threads.link.writes.beginText('entry')
    await threads.link.writes.addParts(ref, 0, Array<string>(20).fill('part'))
    await threads.journal.close()
    expect(threads.count('select count(*) from parts')).toBe(20)
    const again = await threads.reopen()
    while (await again.eraseRemoved());
    expect(threads.count('select count(*) from parts')).toBe(0)
  })

  test('when one dies, all that is pending and all that comes later is rejected', async () => {
    for (const name of ['write', 'read'] as const) {
      await using directory = await temporaryDirectory()
      const workerData = { file: join(directory.path, 'journal.db'), durability: 'full' }
      const workers = startThreads(workerData)
      const fatal: StorageError[] = []
      const link = linkThreads(workers, {
        onFatal: (error) => fatal.push(error),
        onFault: () => undefined,
      })
      await link.writes.ping()
      // Neither does anything then: a thread that is terminated within SQLite takes the process with it.
      await link.reads.listSessions()
      const dying = workers[name].terminate()
      const pending = [link.writes.ping(), link.reads.listSessions()]
      await dying
      const died = refusedWith('A thread of the journal has died')
      const [pinged, listed] = await Promise.allSettled(pending)
      expect([pinged?.status, listed?.status]).toContain('rejected')
      await expect(link.writes.ping()).rejects.toMatchObject(died)
      await expect(link.reads.listSessions()).rejects.toMatchObject(died)
      await expect(link.close([])).rejects.toMatchObject(died)
      expect(fatal).toEqual([expect.objectContaining(died)])
      await link.end()
    }
  })

  test('a bug of the caller is not a StorageError, and the journal goes on', async () => {
    await using directory = await temporaryDirectory()
    const fatal: StorageError[] = []
    const journal = await openSqliteJournal({
      file: join(directory.path, 'journal.db'),
      durability: 'full',
      onFatal: (error) => fatal.push(error),
    })
    await journal.createSession(session('s'))
    const notCloneable = { ...session('t'), epoch: (() => 'e') as unknown as string }
    await expect(journal.createSession(notCloneable)).rejects.toThrow('could not be cloned')
    await expect(journal.append([batch('s', 0)])).resolves.toEqual([{ ok: true }])
    await journal.close()
    expect(fatal).toEqual([])
  })
})
