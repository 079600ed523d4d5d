import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeDecided } from '../src/journal/sqlite/files.js'
import { openReadOnly } from '../src/journal/sqlite/database.js'
import { temporaryDirectory } from './journal-directory.js'

test('[CMD3] a restore whose last step fails leaves the old database its log', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'talus.db')
  await writeFile(`${file}.restored`, 'new')
  await writeFile(`${file}-wal`, 'log')
  // No file can be renamed to this.
  await mkdir(join(file, 'full'), { recursive: true })
  expect(() => placeDecided(file)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect(await readFile(`${file}-wal`, 'utf8')).toBe('log')
  expect(existsSync(`${file}.restored`)).toBe(true)
  expect(() => openReadOnly(file)).toThrow('is being replaced')
})

test('[CMD3] a restore leaves nothing of the database that it replaced', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'talus.db')
  for (const ending of ['', '-wal', '-shm', '.restored']) await writeFile(file + ending, ending)
  placeDecided(file)
  expect(await readFile(file, 'utf8')).toBe('.restored')
  for (const ending of ['-wal', '-shm', '.restored', '-wal.replaced', '-shm.replaced']) {
    expect([ending, existsSync(file + ending)]).toEqual([ending, false])
  }
})
