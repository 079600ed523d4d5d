import { spawnSync } from 'node:child_process'
import fs, { existsSync } from 'node:fs'
import {
  copyFile,
  cp,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../src/journal/sqlite/database.js'
import { finishReplacing } from '../src/journal/sqlite/files.js'
import { launch, launchOn } from './server-process.js'
import { newFolder, ONE_LINE, projectsIn, ran, storedFolder } from './stored-folder.js'

/** Of the project Backed; the data that is there is of the project Kept. */
let backup: string
let kept: string

beforeAll(async () => {
  backup = join(await newFolder(), 'backup.db')
  const dataDir = await storedFolder('Backed')
  await ran('backup', '--to', backup, '--data-dir', dataDir)
  kept = await storedFolder('Kept')
}, 0)

/** A folder with the data of Kept. */
async function keptFolder(): Promise<string> {
  const dataDir = join(await newFolder(), 'data')
  await mkdir(dataDir)
  await copyFile(join(kept, 'talus.db'), join(dataDir, 'talus.db'))
  return dataDir
}

async function contents(dataDir: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(dataDir)).filter((name) => name !== 'talus.db-lock')
  const files = names.map(async (name) => [name, await readFile(join(dataDir, name))] as const)
  return Object.fromEntries(await Promise.all(files))
}

function sqliteFile(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

async function flipped(file: string, at: (bytes: Buffer) => number): Promise<void> {
  const bytes = await readFile(backup)
  const offset = at(bytes)
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x10
  await writeFile(file, bytes)
}

const OUR_ID = 0x54616c75

type Source = [what: string, make: (file: string) => unknown, says: RegExp]

const NO_BACKUPS: Source[] = [
  ['a file of 0 bytes', (file) => writeFile(file, ''), /is empty \(0 bytes\)/],
  ['a folder', (file) => mkdir(file), /is a folder/],
  ['a device', (file) => symlink('/dev/zero', file), /is not a regular file/],
  ['nothing', () => undefined, /is not there/],
  ['a link to nothing', (file) => symlink('/nowhere', file), /is not there/],
  ['a path below a file', async (file) => symlink(`${backup}/x`, file), /cannot be read|not there/],
  ['text', (file) => writeFile(file, 'hello'), /is not a journal/],
  ['random bytes', (file) => writeFile(file, Buffer.alloc(50_000, 'r4nd0m')), /is not a journal/],
  [
    'an empty database of SQLite',
    (file) => sqliteFile(file, 'create table t (a); drop table t'),
    /another application/,
  ],
  [
    'a database of another application',
    (file) => sqliteFile(file, 'pragma application_id = 7; create table sessions (a)'),
    /another application/,
  ],
  [
    'a database with our mark and nothing else',
    (file) => sqliteFile(file, `pragma application_id = ${OUR_ID}; create table t (a)`),
    /has no schema of Talus/,
  ],
  [
    'a database with our mark that was never finished',
    (file) => sqliteFile(file, `pragma application_id = ${OUR_ID}; create table journal (layout)`),
    /has no schema of Talus/,
  ],
  [
    'a backup of before the first release',
    (file) =>
      sqliteFile(
        file,
        `pragma application_id = ${OUR_ID}; create table kysely_migration (name, timestamp)`,
      ),
    /before the first release/,
  ],
  [
    'a backup of a newer version',
    async (file) => {
      await copyFile(backup, file)
      sqliteFile(file, 'update journal set layout = 99')
    },
    /newer version/,
  ],
  [
    'the first half of a backup',
    async (file) => {
      await copyFile(backup, file)
      await truncate(file, 40_000)
    },
    /damaged|malformed/,
  ],
  [
    'a backup without its last page',
    async (file) => {
      await copyFile(backup, file)
      await truncate(file, (await readFile(backup)).length - 4096)
    },
    /damaged|malformed/,
  ],
  [
    'a backup with a flipped bit in an entry',
    (file) => flipped(file, (bytes) => bytes.lastIndexOf('scene 7 xxx') + 20),
    /damaged/,
  ],
  [
    'a backup with a flipped bit in the mark of its kind',
    (file) => flipped(file, () => 69),
    /another application/,
  ],
]

describe('[STORE1] what is no whole backup replaces nothing', { timeout: 0 }, () => {
  test.each(NO_BACKUPS)('%s', async (_, make, says) => {
    const source = join(await newFolder(), 'source.db')
    await make(source)
    const dataDir = await keptFolder()
    const before = await contents(dataDir)
    const { code, stderr } = await ran(
      'restore',
      '--from',
      source,
      '--data-dir',
      dataDir,
      '--force',
    )
    expect([code, stderr]).toEqual([1, expect.stringMatching(says)])
    expect(stderr).toMatch(ONE_LINE)
    expect(await contents(dataDir)).toEqual(before)
    expect(await projectsIn(dataDir)).toEqual(['Kept'])
  })

  test.each(NO_BACKUPS.slice(0, 2))('%s creates no data folder', async (_, make) => {
    const folder = await newFolder()
    await make(join(folder, 'source.db'))
    const args = ['--from', join(folder, 'source.db'), '--data-dir', join(folder, 'data')]
    expect((await ran('restore', ...args)).code).toBe(1)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('the database of the folder itself, by any name', async () => {
    const dataDir = await keptFolder()
    const file = join(dataDir, 'talus.db')
    const folder = await newFolder()
    await symlink(file, join(folder, 'symbolic.db'))
    await link(file, join(folder, 'hard.db'))
    await copyFile(backup, `${file}.restoring`)
    const before = await contents(dataDir)
    const sources = [
      file,
      join(folder, 'symbolic.db'),
      join(folder, 'hard.db'),
      `${file}.restoring`,
    ]
    for (const source of sources) {
      const restored = await ran('restore', '--from', source, '--data-dir', dataDir, '--force')
      expect([restored.code, restored.stderr]).toEqual([
        1,
        expect.stringContaining('belongs to the data folder itself'),
      ])
    }
    expect(await contents(dataDir)).toEqual(before)
  })

  test('a backup that may not be read', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'needs another user')
    const source = join(await newFolder(), 'source.db')
    await copyFile(backup, source)
    const dataDir = join(tmpdir(), 'talus-nobody')
    process.seteuid?.(65_534)
    const run = ran('restore', '--from', source, '--data-dir', dataDir)
    const { code, stderr } = await run.finally(() => process.seteuid?.(0))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/source\.db cannot be read: EACCES/)])
    expect(stderr).toMatch(ONE_LINE)
    expect(existsSync(dataDir)).toBe(false)
  })
})

/** A data folder of a server that was killed: what it knows is in the log alone. */
async function killedFolder(): Promise<string> {
  const dataDir = await keptFolder()
  await using server = await launchOn(dataDir)
  const project = { template_id: 'film-production', project_name: 'In the log' }
  const response = await fetch(`${server.url}/api/v1/projects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(project),
  })
  expect(response.status).toBe(201)
  server.kill('SIGKILL')
  await server.ended
  return dataDir
}

const OLD = ['Kept', 'In the log']
const NEW = ['Backed']

describe('a restore that is killed', { timeout: 0 }, () => {
  /** Opens the folder as a server does, and ends. */
  async function opened(dataDir: string) {
    openDatabase(join(dataDir, 'talus.db'), 'full').close()
    return projectsIn(dataDir)
  }

  test('[CMD3] leaves the old data with its log, or the new, after each of its steps', async () => {
    const dataDir = await killedFolder()
    const file = join(dataDir, 'talus.db')
    const copies = async () => {
      const folder = join(await newFolder(), 'data')
      await mkdir(folder)
      for (const name of ['talus.db', 'talus.db-wal']) {
        await copyFile(join(dataDir, name), join(folder, name))
      }
      return join(folder, 'talus.db')
    }
    // While the copy is written, and when it is complete.
    for (const bytes of [0, 30_000, 10_000_000]) {
      const old = await copies()
      const text = await readFile(backup)
      await writeFile(`${old}.restoring`, text.subarray(0, bytes))
      expect(await opened(join(old, '..'))).toEqual(OLD)
      // The next one begins anew.
      const again = ['--from', backup, '--data-dir', join(old, '..'), '--force']
      expect((await ran('restore', ...again)).code).toBe(0)
      expect(await opened(join(old, '..'))).toEqual(NEW)
    }
    // Decided: with the old log, without it, in place.
    const decided = await copies()
    await copyFile(backup, `${decided}.restored`)
    expect(await opened(join(decided, '..'))).toEqual(NEW)
    const between = await copies()
    await copyFile(backup, `${between}.restored`)
    await rename(`${between}-wal`, `${between}.gone`)
    expect(await opened(join(between, '..'))).toEqual(NEW)
    expect(existsSync(`${file}.restored`)).toBe(false)
  })

  test('[CMD3] at any moment, really killed', async () => {
    const outcomes: unknown[] = []
    for (let round = 0; round < 3; round += 1) {
      const dataDir = await killedFolder()
      await using restoring = launch([
        'restore',
        '--force',
        '--from',
        backup,
        '--data-dir',
        dataDir,
      ])
      const file = join(dataDir, 'talus.db')
      let isOver = false
      void restoring.ended.then(() => (isOver = true))
      const begun = () => existsSync(`${file}.restoring`) || existsSync(`${file}.restored`)
      while (!isOver && !begun()) await new Promise((resolve) => setImmediate(resolve))
      for (let turn = 0; turn < round * 60; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      restoring.kill('SIGKILL')
      await restoring.ended
      outcomes.push(await opened(dataDir))
    }
    const neither = outcomes.filter(
      (found) => ![OLD, NEW].some((state) => String(state) === String(found)),
    )
    expect(neither).toEqual([])
  })
})

const STEPS = ['openSync', 'fsyncSync', 'renameSync', 'rmSync'] as const

/** Has one step of a piece of work fail, or, as when the process dies, that one and all after it. */
function failingAt(step: number, isDying: boolean, work: () => void): 'failed' | 'done' {
  const before = Object.fromEntries(STEPS.map((name) => [name, fs[name]]))
  let taken = 0
  for (const name of STEPS) {
    const own = fs[name] as (...args: unknown[]) => unknown
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        taken += 1
        if (taken === step || (isDying && taken > step)) {
          throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
        }
        return own(...args)
      },
    })
  }
  syncBuiltinESMExports()
  try {
    work()
    return 'done'
  } catch {
    return 'failed'
  } finally {
    Object.assign(fs, before)
    syncBuiltinESMExports()
  }
}

test.each([
  ['fails', false],
  ['is the last one before a crash', true],
])(
  '[CMD3] a step of putting a restored database in place that %s leaves it whole, without the old log',
  { timeout: 0 },
  async (_, isDying) => {
    const killed = await killedFolder()
    for (let step = 1, outcome = 'failed'; outcome === 'failed'; step += 1) {
      const dataDir = join(await newFolder(), 'data')
      await cp(killed, dataDir, { recursive: true })
      const file = join(dataDir, 'talus.db')
      await copyFile(backup, `${file}.restored`)
      outcome = failingAt(step, isDying, () => finishReplacing(file))
      openDatabase(file, 'full').close()
      expect([step, await projectsIn(dataDir)]).toEqual([step, NEW])
      expect([step, existsSync(`${file}.restored`)]).toEqual([step, false])
    }
  },
)

/** A file system of so many bytes on that folder, or undefined where the tests may not mount one. */
function smallDisk(path: string, size: string): Disposable | undefined {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path])
  return status === 0 ? { [Symbol.dispose]: () => spawnSync('umount', ['-l', path]) } : undefined
}

describe('a full disk', { timeout: 0 }, () => {
  test('[CMD3] in the middle of a restore keeps the data', async ({ skip }) => {
    const dataDir = await newFolder()
    const size = (await readFile(join(kept, 'talus.db'))).length
    using disk = smallDisk(dataDir, String(Math.ceil(size * 1.5)))
    skip(disk === undefined, 'no file system can be mounted here')
    await copyFile(join(kept, 'talus.db'), join(dataDir, 'talus.db'))
    const before = await contents(dataDir)
    const args = ['--from', backup, '--data-dir', dataDir, '--force']
    const { code, stderr } = await ran('restore', ...args)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/disk is full/)])
    expect(stderr).toMatch(ONE_LINE)
    expect(await contents(dataDir)).toEqual(before)
    expect(await projectsIn(dataDir)).toEqual(['Kept'])
  })

  test('[CMD3] when a restored database is opened first does not take it away', async ({
    skip,
  }) => {
    const dataDir = await newFolder()
    const file = join(dataDir, 'talus.db')
    const size = (await readFile(backup)).length
    using disk = smallDisk(dataDir, String(size + 64 * 1024))
    skip(disk === undefined, 'no file system can be mounted here')
    await copyFile(backup, `${file}.restored`)
    const ballast = join(dataDir, 'ballast')
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096'])
    expect(() => openDatabase(file, 'full')).toThrow(file)
    await rm(ballast)
    openDatabase(file, 'full').close()
    expect(await projectsIn(dataDir)).toEqual(NEW)
  })

  test('in the middle of a backup leaves no file', async ({ skip }) => {
    const folder = await newFolder()
    using disk = smallDisk(folder, '64k')
    skip(disk === undefined, 'no file system can be mounted here')
    const to = join(folder, 'backup.db')
    const { code, stderr } = await ran('backup', '--to', to, '--data-dir', kept)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/disk is full/)])
    expect(stderr).toMatch(ONE_LINE)
    expect(await readdir(folder)).toEqual([])
  })
})

test('[SYNC3] a database beside its log is restored with what the log holds', async () => {
  const from = join(await killedFolder(), 'talus.db')
  const dataDir = await keptFolder()
  const { code } = await ran('restore', '--from', from, '--data-dir', dataDir, '--force')
  expect(code).toBe(0)
  expect(await projectsIn(dataDir)).toEqual(OLD)
  expect(Object.keys(await contents(dataDir))).toEqual(['talus.db'])
}, 0)

test('a log without its database is data that is there', async () => {
  const dataDir = await newFolder()
  await writeFile(join(dataDir, 'talus.db-wal'), 'x')
  const { code, stderr } = await ran('restore', '--from', backup, '--data-dir', dataDir)
  expect([code, stderr]).toEqual([1, expect.stringContaining('talus.db-wal is there already')])
  expect((await ran('restore', '--force', '--from', backup, '--data-dir', dataDir)).code).toBe(0)
  expect(await projectsIn(dataDir)).toEqual(NEW)
})
