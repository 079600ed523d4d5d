import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { launch } from './server-process.js'
import { newFolder, ONE_LINE, projectsIn, ran, storedFolder } from './stored-folder.js'

let dataDir: string

beforeAll(async () => {
  dataDir = await storedFolder('Backed')
}, 0)

const backupTo = (to: string, from = dataDir) => ran('backup', '--to', to, '--data-dir', from)

describe('a target that a backup must not take', () => {
  test.each([
    ['a file', (to: string) => writeFile(to, 'mine')],
    ['a folder', (to: string) => mkdir(to)],
    ['a link to nothing', (to: string) => symlink('/nowhere', to)],
  ])('%s that is there', async (_, make) => {
    const folder = await newFolder()
    const to = join(folder, 'backup.db')
    await make(to)
    const { code, stderr } = await backupTo(to)
    expect([code, stderr]).toEqual([1, expect.stringContaining('is there already')])
    expect(stderr).toMatch(ONE_LINE)
    expect(await readdir(folder)).toEqual(['backup.db'])
  })

  test.each(['talus.db', 'talus.db-wal', 'talus.db-journal', 'talus.db.restored'])(
    'the name %s of the data folder',
    async (name) => {
      const before = await readdir(dataDir)
      const { code, stderr } = await backupTo(join(dataDir, name))
      expect([code, stderr]).toEqual([1, expect.stringMatching(ONE_LINE)])
      expect(await readdir(dataDir)).toEqual(before)
    },
  )

  test('a folder that is not there', async () => {
    const { code, stderr } = await backupTo(join(await newFolder(), 'none', 'backup.db'))
    expect([code, stderr]).toEqual([1, expect.stringContaining('ENOENT')])
    expect(stderr).toMatch(ONE_LINE)
  })

  test('a folder that may not be written', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'needs another user')
    const to = join('/', 'talus-backup.db')
    const folder = await newFolder()
    await copyFile(join(dataDir, 'talus.db'), join(folder, 'talus.db'))
    spawnSync('chown', ['-R', '65534', folder])
    process.seteuid?.(65_534)
    const { code, stderr } = await backupTo(to, folder).finally(() => process.seteuid?.(0))
    expect([code, stderr]).toEqual([1, expect.stringContaining('EACCES')])
    expect(stderr).toMatch(ONE_LINE)
  })
})

test('[SYNC3] a backup that was killed leaves nothing under its name, and the next one tidies up', async () => {
  const folder = await newFolder()
  const to = join(folder, 'backup.db')
  const mine = `${to}.partial-notes`
  await writeFile(mine, 'mine')
  await using writing = launch(['backup', '--to', to, '--data-dir', dataDir])
  const isPartial = (name: string) =>
    name.startsWith('backup.db.partial-') && name !== 'backup.db.partial-notes'
  let isOver = false
  void writing.ended.then(() => (isOver = true))
  while (!isOver && !(await readdir(folder)).some(isPartial));
  writing.kill('SIGKILL')
  await writing.ended
  // Killed after its end, it is whole; else nothing has its name.
  const isWhole = (await readdir(folder)).includes('backup.db')
  expect((await backupTo(to)).code).toBe(isWhole ? 1 : 0)
  expect(await readFile(mine, 'utf8')).toBe('mine')
  const restored = join(folder, 'restored')
  expect((await ran('restore', '--from', to, '--data-dir', restored)).code).toBe(0)
  expect(await projectsIn(restored)).toEqual(['Backed'])
  expect((await readdir(folder)).filter((name) => name !== 'restored')).toEqual([
    'backup.db',
    'backup.db.partial-notes',
  ])
}, 0)

/** A data folder that holds something else than a whole database. */
type Broken = [what: string, make: (folder: string) => unknown, says: RegExp]

const BROKEN: Broken[] = [
  ['nothing', () => undefined, /talus\.db is not there/],
  ['a folder of that name', (folder) => mkdir(join(folder, 'talus.db')), /is a folder/],
  ['an empty file', (folder) => writeFile(join(folder, 'talus.db'), ''), /is empty \(0 bytes\)/],
  ['text', (folder) => writeFile(join(folder, 'talus.db'), 'x'.repeat(9_000)), /is not a journal/],
  [
    'a database of another application',
    (folder) => {
      const database = new DatabaseSync(join(folder, 'talus.db'))
      database.exec('create table t (a)')
      database.close()
    },
    /another application/,
  ],
  [
    'a database without the half of its pages',
    async (folder) => {
      const bytes = await readFile(join(dataDir, 'talus.db'))
      await writeFile(join(folder, 'talus.db'), bytes.subarray(0, 50_000))
    },
    /damaged|malformed/,
  ],
  [
    'a database whose first pages are overwritten',
    async (folder) => {
      const bytes = await readFile(join(dataDir, 'talus.db'))
      bytes.fill(0x5a, 200, 30_000)
      await writeFile(join(folder, 'talus.db'), bytes)
    },
    /damaged|malformed/,
  ],
]

describe('reliability row 21: what a disk holds or does ends in a sentence, not in a stack', () => {
  test.each(BROKEN)('%s in place of the data', async (_, make, says) => {
    const folder = await newFolder()
    await make(folder)
    const before = await readdir(folder)
    const runs = {
      inspect: await ran('inspect', '--data-dir', folder),
      verify: await ran('verify', '--data-dir', folder),
      backup: await backupTo(join(folder, 'backup.db'), folder),
    }
    for (const [name, { code, stdout, stderr }] of Object.entries(runs)) {
      expect([name, code]).toEqual([name, 1])
      expect([name, stdout + stderr]).toEqual([name, expect.stringMatching(says)])
      expect(stderr).not.toMatch(/^ +at /m)
      // `verify` tells of damage where it tells of the rest.
      expect(stdout === '' ? stderr : 'talus-server: it\n').toMatch(ONE_LINE)
    }
    // SQLite may leave an empty log beside a database that it has only read.
    const left = (await readdir(folder)).filter((name) => !/-(wal|shm)$/.test(name))
    expect(left).toEqual(before)
  })

  const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const shell = (args: string, redirected: string) => {
    const line = `"${process.execPath}" "${MAIN}" ${args} --data-dir "${dataDir}" ${redirected}`
    return spawnSync('sh', ['-c', line], { encoding: 'utf8' })
  }

  test.each(['inspect', 'verify --json'])('%s to a full disk says so', (command) => {
    const { status, stderr } = shell(command, '> /dev/full')
    expect([status, stderr]).toEqual([1, expect.stringContaining('standard output cannot be')])
    expect(stderr).toMatch(ONE_LINE)
  })

  test('a reader that goes away ends a command quietly', () => {
    const { stderr } = shell('inspect --json', '| true')
    expect(stderr).toBe('')
  })
})
