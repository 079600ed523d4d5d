import { spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSqliteJournal, StorageError, type Journal } from '../src/journal/index.js'
import { openDatabase } from '../src/journal/sqlite/database.js'
import { createSqliteStore, journalOf } from '../src/journal/sqlite/store.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, session } from './journal-samples.js'

/** Appends groups until one is refused; returns the error and the seq of the last that was not. */
async function fill(journal: Journal): Promise<{ error: unknown; seq: number }> {
  let seq = 0
  for (;;) {
    try {
      expect(await journal.append([batch('s', seq, 50)])).toEqual([{ ok: true }])
    } catch (error) {
      return { error, seq }
    }
    seq += 50
  }
}

/** Everything acknowledged is there, nothing else, and the journal takes what it is given. */
async function expectUsable(journal: Journal, seq: number): Promise<void> {
  expect(await journal.entriesAfter('s', 0, 1e6)).toEqual(bodies(1, seq))
  expect(await journal.append([batch('s', seq, 50)])).toEqual([{ ok: true }])
  expect(await journal.entriesAfter('s', 0, 1e6)).toEqual(bodies(1, seq + 50))
}

describe('a full database', { timeout: 0 }, () => {
  // In this thread, where the connection can be told how large its file may become.
  async function smallStore(file: string) {
    const { connection, ...rest } = openDatabase(file, 'full')
    const database = { connection, ...rest }
    const store = journalOf(createSqliteStore(file, database, { onStuck: () => undefined }))
    await store.createSession(session('s'))
    return { store, allow: (pages: number) => connection.exec(`pragma max_page_count = ${pages}`) }
  }

  test('an append that does not fit leaves nothing, and works when there is space', async () => {
    await using directory = await temporaryDirectory()
    const { store, allow } = await smallStore(join(directory.path, 'journal.db'))
    allow(100)
    const { error, seq } = await fill(store)
    expect(error).toMatchObject({ sqliteCodeName: 'SQLITE_FULL' })
    expect(await store.entriesAfter('s', 0, 1e6)).toEqual(bodies(1, seq))
    allow(10_000)
    await expectUsable(store, seq)
    await store.close()
  })

  test('a snapshot that does not fit leaves the old one', async () => {
    await using directory = await temporaryDirectory()
    const { store, allow } = await smallStore(join(directory.path, 'journal.db'))
    await store.append([batch('s', 0, 5)])
    await store.writeSnapshot('s', 3, ['old', 'parts'])
    allow(100)
    const parts = Array.from({ length: 100 }, () => 'x'.repeat(10_000))
    await expect(store.writeSnapshot('s', 5, parts)).rejects.toMatchObject({
      sqliteCodeName: 'SQLITE_FULL',
    })
    expect(await store.loadSession('s')).toMatchObject({
      snapshot: { seq: 3, parts: ['old', 'parts'] },
      entries: bodies(4, 5),
    })
    allow(10_000)
    await store.writeSnapshot('s', 5, parts)
    expect((await store.loadSession('s'))?.snapshot).toEqual({ seq: 5, parts })
    await store.close()
  })
})

/** A file system of 3 MB on that directory, or undefined where the tests may not mount one. */
function smallDisk(path: string): Disposable | undefined {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path])
  return status === 0 ? { [Symbol.dispose]: () => spawnSync('umount', [path]) } : undefined
}

describe('a full disk', { timeout: 0 }, () => {
  test('is a StorageError until there is space again', async ({ skip }) => {
    await using directory = await temporaryDirectory()
    using disk = smallDisk(directory.path)
    skip(disk === undefined, 'no file system can be mounted here')
    const ballast = join(directory.path, 'ballast')
    await writeFile(ballast, new Uint8Array(1 << 20))
    const file = join(directory.path, 'journal.db')
    const journal = await openSqliteJournal({ file, durability: 'full' })
    await journal.createSession(session('s'))

    const { error, seq } = await fill(journal)
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({
      message: expect.stringMatching(/SQLITE_(FULL|IOERR)/) as unknown,
      cause: expect.any(Error) as unknown,
    })
    await expect(journal.append([batch('s', seq, 50)])).rejects.toThrow(StorageError)
    await rm(ballast)
    await expectUsable(journal, seq)
    await journal.close()

    const reopened = await openSqliteJournal({ file, durability: 'full' })
    expect(await reopened.entriesAfter('s', 0, 1e6)).toEqual(bodies(1, seq + 50))
    await reopened.close()
  })
})
