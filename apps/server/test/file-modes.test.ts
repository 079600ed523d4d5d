import { chmod, copyFile, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { capturedLog } from './captured-log.js'
import { testApp } from './harness.js'
import { newFolder, ran, storedFolder } from './stored-folder.js'

const windows = process.platform === 'win32'

/** A folder and all that is in it, with their modes. */
async function modesOf(folder: string): Promise<Record<string, string>> {
  const names = ['.', ...(await readdir(folder))].toSorted()
  const modes = names.map(async (name) => {
    const { mode } = await stat(join(folder, name))
    return [name, (mode & 0o777).toString(8)] as const
  })
  return Object.fromEntries(await Promise.all(modes))
}

const WHILE_OPEN = {
  '.': '700',
  'talus.db': '600',
  'talus.db-lock': '600',
  'talus.db-shm': '600',
  'talus.db-wal': '600',
}

test.skipIf(windows)('a new data folder is for its owner alone, whatever the umask', async () => {
  const dataDir = join(await newFolder(), 'above', 'data')
  const before = process.umask(0)
  try {
    await using app = await testApp({ dataDir })
    await app.api('POST', '/sessions', {})
    expect(await modesOf(dataDir)).toEqual(WHILE_OPEN)
  } finally {
    process.umask(before)
  }
  expect(await modesOf(dataDir)).toEqual({ '.': '700', 'talus.db': '600', 'talus.db-lock': '600' })
})

test.skipIf(windows)('what an earlier version left open is closed when it is opened', async () => {
  const dataDir = await storedFolder('Open')
  await chmod(dataDir, 0o755)
  for (const name of await readdir(dataDir)) await chmod(join(dataDir, name), 0o664)
  await using app = await testApp({ dataDir })
  await app.api('POST', '/sessions', {})
  expect(await modesOf(dataDir)).toEqual(WHILE_OPEN)
})

test.skipIf(windows)('a folder with files of others stays as it is, and is named', async () => {
  const dataDir = await newFolder()
  await writeFile(join(dataDir, 'notes.txt'), 'mine')
  await chmod(join(dataDir, 'notes.txt'), 0o644)
  await chmod(dataDir, 0o755)
  const log = capturedLog('warn')
  await using app = await testApp({ dataDir, logger: log.logger })
  await app.api('POST', '/sessions', {})
  expect(await modesOf(dataDir)).toEqual({ ...WHILE_OPEN, '.': '755', 'notes.txt': '644' })
  const said = log.lines().filter(({ audit }) => audit !== true)
  expect(said.map(({ msg }) => msg)).toEqual([
    `${dataDir} is open to other users of this machine; close it with: chmod 700 ${dataDir}`,
  ])
})

test.skipIf(windows)('backups, and what they are restored to, are for their owner', async () => {
  const dataDir = await storedFolder('Modes')
  const folder = await newFolder()
  const before = process.umask(0)
  try {
    const to = join(folder, 'backup.db')
    expect((await ran('backup', '--to', to, '--data-dir', dataDir)).code).toBe(0)
    const restored = join(folder, 'restored')
    expect((await ran('restore', '--from', to, '--data-dir', restored)).code).toBe(0)
    expect(await modesOf(folder)).toMatchObject({ 'backup.db': '600', restored: '700' })
    const files = { '.': '700', 'talus.db': '600', 'talus.db-lock': '600' }
    expect(await modesOf(restored)).toEqual(files)
    // Over data that everybody may read.
    await chmod(join(restored, 'talus.db'), 0o666)
    const again = ['--from', to, '--data-dir', restored, '--force']
    expect((await ran('restore', ...again)).code).toBe(0)
    expect(await modesOf(restored)).toEqual(files)
  } finally {
    process.umask(before)
  }
})

test.skipIf(windows)(
  'an audit log that others may read is closed, also after its rotation',
  async () => {
    const folder = await newFolder()
    const file = join(folder, 'audit.log')
    await writeFile(file, '')
    await chmod(file, 0o644)
    await using app = await testApp({ args: ['--audit-log', file] })
    await app.api('POST', '/sessions', {})
    expect(await modesOf(folder)).toMatchObject({ 'audit.log': '600' })
    await rename(file, `${file}.1`)
    await copyFile('/dev/null', file)
    await chmod(file, 0o640)
    app.reopenLogs()
    await app.api('POST', '/sessions', {})
    expect(await modesOf(folder)).toMatchObject({ 'audit.log': '600', 'audit.log.1': '600' })
    expect((await stat(file)).size).toBeGreaterThan(0)
  },
)
