import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { verifyFile } from '../src/commands/verify.js'
import { openSqliteJournal, type Journal } from '../src/journal/index.js'
import { quickApp } from './harness.js'
import { temporaryDirectory } from './journal-directory.js'
import { batch, bodies, session } from './journal-samples.js'

const open = (file: string) => openSqliteJournal({ file, durability: 'full' })

const refusedWith = (message: string) => ({
  name: 'StorageError',
  message: expect.stringContaining(message) as unknown,
})

/** Session `s` with three entries and a project that was saved in two parts. */
async function write(journal: Journal): Promise<void> {
  await journal.createSession({ ...session('s'), epoch: 'first' })
  await journal.createProject({
    project_id: 'p',
    project_name: 'plan',
    template_id: 'tasks',
    session_id: 's',
    created_at: '2026-01-01T00:00:00.000Z',
    saved_at: null,
    saved_seq: null,
    envelope: '{}',
  })
  const document = ['part zero', 'part one']
  await journal.saveProject('p', { saved_at: '2026-01-02T00:00:00.000Z', saved_seq: 0, document })
  for (const base of [0, 1, 2]) await journal.append([batch('s', base)])
}

/** The files as a kill at this moment would leave them. */
async function crashed(file: string, folder: string, endings: string[]): Promise<string> {
  await mkdir(folder)
  const copy = join(folder, 'journal.db')
  for (const ending of endings) await copyFile(file + ending, copy + ending)
  return copy
}

describe('a database that is gone', { timeout: 0 }, () => {
  test.each([
    ['is missing', (file: string) => rm(file)],
    ['has 0 bytes', (file: string) => truncate(file, 0)],
  ])('[STORE1] or empty (%s) beside files of its own is refused', async (state, lose) => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const journal = await open(file)
    await write(journal)
    const copy = await crashed(file, join(directory.path, 'killed'), ['', '-wal'])
    await journal.close()
    for (const one of [file, copy]) {
      await lose(one)
      await expect(open(one)).rejects.toMatchObject(refusedWith(`${one} ${state}, but `))
      await expect(open(one)).rejects.toMatchObject(refusedWith('restore'))
    }
  })

  test('a first start that fails leaves nothing that the next would be refused for', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    await mkdir(`${file}-wal`)
    await expect(open(file)).rejects.toMatchObject({ name: 'StorageError' })
    await rm(`${file}-wal`, { recursive: true })
    await (await open(file)).close()
  })
})

describe('the lock, when somebody deletes its file', { timeout: 0 }, () => {
  test('a second server that starts at once makes the first one end before it answers', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const lost: Error[] = []
    const first = await openSqliteJournal({
      file,
      durability: 'full',
      onFatal: (error) => lost.push(error),
    })
    await write(first)
    // The first one takes the lock again within a second: the second one has to be faster.
    let second: Journal | undefined
    while (!second) {
      await rm(`${file}-lock`, { force: true })
      second = await open(file).catch(() => undefined)
    }
    const answers: unknown[] = []
    void first.append([batch('s', 3)]).then(
      (value) => answers.push(value),
      (error: unknown) => answers.push(error),
    )
    while (lost.length === 0) await pause(20)
    expect(await second.entriesAfter('s', 0, 100)).toEqual(bodies(1, 3))
    expect(await second.append([batch('s', 3)])).toEqual([{ ok: true }])
    expect(answers).toEqual([])
    await second.close()
  })

  test('the first one takes it again, and a second one is refused', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const first = await open(file)
    await rm(`${file}-lock`)
    while (!existsSync(`${file}-lock`)) await pause(20)
    await expect(open(file)).rejects.toMatchObject(refusedWith('is in use'))
    await write(first)
    await first.close()
  })
})

describe('files that are moved away while a server has them', { timeout: 0 }, () => {
  test.each([
    ['the folder', ''],
    ['the database', '/journal.db'],
    ['the log', '/journal.db-wal'],
  ])('%s: nothing is acknowledged until it is back, and all is there then', async (_, moved) => {
    await using directory = await temporaryDirectory()
    const folder = join(directory.path, 'data')
    const faults: string[] = []
    const journal = await openSqliteJournal({
      file: join(folder, 'journal.db'),
      durability: 'full',
      onFault: (fault, { message }) => faults.push(`${fault} ${message}`),
    })
    await write(journal)
    expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(1, 3))
    await rename(folder + moved, join(directory.path, 'elsewhere'))
    await expect(journal.ping()).rejects.toMatchObject({ name: 'StorageError' })
    await expect(journal.append([batch('s', 3)])).rejects.toMatchObject({ name: 'StorageError' })
    expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(1, 3))
    expect(faults).toEqual([expect.stringContaining('disk EMOVED')])
    await rename(join(directory.path, 'elsewhere'), folder + moved)
    await journal.ping()
    expect(await journal.append([batch('s', 3)])).toEqual([{ ok: true }])
    await journal.close()
    const again = await open(join(folder, 'journal.db'))
    expect(await again.entriesAfter('s', 0, 100)).toEqual(bodies(1, 4))
    await again.close()
  })

  test('that are deleted: it is noticed without anybody who asks', async () => {
    await using directory = await temporaryDirectory()
    const faults: string[] = []
    const journal = await openSqliteJournal({
      file: join(directory.path, 'journal.db'),
      durability: 'full',
      onFault: (fault) => faults.push(fault),
    })
    await write(journal)
    for (const name of await readdir(directory.path)) await rm(join(directory.path, name))
    while (faults.length === 0) await pause(20)
    await expect(journal.append([batch('s', 3)])).rejects.toMatchObject({ name: 'StorageError' })
    await journal.close()
  })
})

const FRAME = 24 + 4096

/** A damaged log is named, or what is left of the database is none at all. */
async function expectLog(file: string, isWhole: boolean): Promise<void> {
  const verdict = await (async () => verifyFile(file))().catch((error: unknown) => error)
  const log = expect.stringContaining('The log') as unknown
  expect(verdict).toMatchObject(
    verdict instanceof Error && !isWhole
      ? { name: 'StorageError' }
      : { database: isWhole ? [] : [log] },
  )
}

describe('a log that is damaged after a crash', { timeout: 0 }, () => {
  test.each([
    ['its header', ['', '-wal'], () => 20],
    ['the first frame', ['', '-wal'], () => 32 + 100],
    ['a page of the last commit', ['', '-wal'], (size: number) => size - 50],
    ['the salt of the last frame', ['', '-wal', '-shm'], (size: number) => size - FRAME + 9],
    ['its end, which is cut off', ['', '-wal', '-shm'], null],
  ])('[SYNC3] in %s: what is left is served under a new epoch', async (_, endings, place) => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const journal = await open(file)
    await write(journal)
    const whole = await crashed(file, join(directory.path, 'whole'), endings)
    const copy = await crashed(file, join(directory.path, 'damaged'), endings)
    const verified = {
      whole: await crashed(file, join(directory.path, 'whole-verified'), endings),
      damaged: await crashed(file, join(directory.path, 'damaged-verified'), endings),
    }
    await journal.close()

    const log = await readFile(`${copy}-wal`)
    if (place) {
      const at = place(log.length)
      log[at] = (log[at] ?? 0) ^ 4
    }
    for (const one of [copy, verified.damaged]) {
      await writeFile(`${one}-wal`, place ? log : log.subarray(0, log.length - FRAME))
    }

    await expectLog(verified.whole, true)
    await expectLog(verified.damaged, false)
    const survivor = await open(whole)
    expect(await survivor.listSessions()).toMatchObject([{ epoch: 'first', seq: 3 }])
    await survivor.close()
    const faults: string[] = []
    const older = await openSqliteJournal({
      file: copy,
      durability: 'full',
      onFault: (fault) => faults.push(fault),
    }).catch(() => undefined)
    // The header guards everything: without it the database may have nothing at all, and say so.
    const sessions = (await older?.listSessions()) ?? []
    expect(sessions.filter(({ epoch }) => epoch === 'first')).toEqual([])
    expect(older === undefined || faults.includes('older')).toBe(true)
    await older?.close()
  })
})

describe('digests', { timeout: 0 }, () => {
  const ofSession = (journal: Journal) => journal.loadSession('s')
  const ofProject = (journal: Journal) => journal.getProject('p')
  const ofDocument = (journal: Journal) => journal.savedDocument('p')
  test.each([
    ['an epoch', `update sessions set epoch = 'other'`, ofSession, 'Session s: its epoch'],
    ['a template', `update sessions set template_id = 'x'`, ofSession, 'Session s: its epoch'],
    ['a project', `update projects set project_name = 'x'`, ofProject, 'Project p is damaged'],
    ['an envelope', `update projects set envelope = '[]'`, ofProject, 'Project p is damaged'],
    [
      'a saved document',
      `update parts set body = 'x' where part = 1`,
      ofDocument,
      'Project p: the saved document is damaged in part 1',
    ],
    [
      'a lost part',
      `delete from parts where part = 1`,
      ofDocument,
      'Project p: the saved document is damaged in part 1',
    ],
  ])('[STORE1] find damage in %s', async (_, sql, read, place) => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const journal = await open(file)
    await write(journal)
    await journal.close()
    const database = new DatabaseSync(file)
    database.exec(sql)
    database.close()
    const damaged = await open(file)
    await expect(read(damaged)).rejects.toMatchObject(refusedWith(place))
    await damaged.close()
    const { ok, sessions, database: rest } = verifyFile(file)
    expect(ok).toBe(false)
    expect([...sessions.map(({ damage }) => damage), ...rest].join()).toContain(place)
  })
})

test('a session that cannot be read can be deleted by REST', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'journal.db')
  const journal = await open(file)
  await write(journal)
  await journal.close()
  const database = new DatabaseSync(file)
  database.exec(`update log set body = 'x'`)
  database.close()
  await using app = await quickApp({ journal: await open(file) })
  expect((await app.api('GET', '/graph?session_id=s')).status).toBe(503)
  expect((await app.api('DELETE', '/sessions/s')).status).toBe(200)
  expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
  expect((await app.api('POST', '/sessions', { session_id: 's' })).status).toBe(201)
}, 0)
