import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { openSqliteJournal, type StorageError } from '../src/journal/index.js'
import { linkWorker } from '../src/journal/sqlite-link.js'
import { builtWorker } from '../src/built-worker.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, commit, session } from './journal-samples.js'

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
    later.exec("insert into kysely_migration values ('9999_later', '2099-01-01')")
    later.close()
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject(
      refusedWith('9999_later'),
    )
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
    expect((await loaded)?.entries).toEqual(bodies(1, 60))
    expect(await after).toEqual([{ ok: true }])
    await journal.close()
  })

  test('the rows before a snapshot move a part at a time', async () => {
    await using directory = await temporaryDirectory()
    const workerData = { file: join(directory.path, 'journal.db'), durability: 'full' }
    const link = linkWorker(new Worker(builtWorker('journal/sqlite-worker.js'), { workerData }), {
      onFatal: () => undefined,
      onFault: () => undefined,
    })
    await link.request('createSession', session('s'))
    for (let base = 0; base < 4_000; base += 50) await link.append([batch('s', base, 50)])
    let steps = 1
    while (await link.request('settleSome', 's')) steps += 1
    // In 512 rows or a group more.
    expect(steps).toBeGreaterThan(5)
    expect((await link.request('loadSession', 's'))?.entries).toEqual(bodies(1, 4_000))
    await link.close()
  })

  test('when it dies, all that is pending and all that comes later is rejected', async () => {
    await using directory = await temporaryDirectory()
    const workerData = { file: join(directory.path, 'journal.db'), durability: 'full' }
    const worker = new Worker(builtWorker('journal/sqlite-worker.js'), { workerData })
    const fatal: StorageError[] = []
    const link = linkWorker(worker, {
      onFatal: (error) => fatal.push(error),
      onFault: () => undefined,
    })
    await link.request('ping')
    const pending = [link.request('ping'), link.request('listSessions')]
    await worker.terminate()
    const died = refusedWith('worker thread has died')
    for (const request of pending) await expect(request).rejects.toMatchObject(died)
    await expect(link.request('ping')).rejects.toMatchObject(died)
    await expect(link.close()).rejects.toMatchObject(died)
    expect(fatal).toEqual([expect.objectContaining(died)])
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
