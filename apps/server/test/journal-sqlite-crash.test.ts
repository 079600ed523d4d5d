import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { verifyFile } from '../src/commands/verify.js'
import { wholeText } from '../src/journal/entry-text.js'
import { openSqliteJournal } from '../src/journal/index.js'
import { temporaryDirectory } from './journal-directory.js'
import { session } from './journal-samples.js'

const CHILD = fileURLToPath(new URL('./journal-crash-child.mjs', import.meta.url))

/** How many entries are in the indexes, and how many rows are not, or not yet known to be. */
function placesOf(file: string): { indexed: number; behind: number } {
  const database = new DatabaseSync(file)
  const sql = `select (select count(*) from by_seq) as indexed,
    (select count(*) from log where id > (select indexed from journal)) as behind`
  const [places] = database.prepare(sql).all() as { indexed: number; behind: number }[]
  database.close()
  return places ?? { indexed: 0, behind: 0 }
}

/** `pnpm test:long` has more sizes of groups, and more lives. */
const IS_WHOLE = process.env['TALUS_MATRIX'] === 'whole'

type Life = { base: number; size: number; groups: number }

/** Lets a process append groups after `base`, kills it after some, and returns the last one's seq. */
async function appendAndKill(file: string, { base, size, groups }: Life): Promise<number> {
  const child = spawn(process.execPath, [CHILD, file, `${base}`, `${size}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let count = 0
  let acknowledged = base
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    count += 1
    if (count === groups) child.kill('SIGKILL')
  }
  // Anything else would mean that it stopped by itself.
  expect(await exited).toEqual([null, 'SIGKILL'])
  return acknowledged
}

describe('kill -9 of a process that appends', { timeout: 0 }, () => {
  test.each(IS_WHOLE ? [1, 7, 64, 500] : [1, 64])(
    'in groups of %i: all that was acknowledged is there',
    async (size) => {
      await using directory = await temporaryDirectory()
      const file = join(directory.path, 'journal.db')
      const open = () => openSqliteJournal({ file, durability: 'full' })
      const journal = await open()
      await journal.createSession(session('s'))
      await journal.close()

      let base = 0
      for (let round = 0; round < 3; round += 1) {
        const acknowledged = await appendAndKill(file, { base, size, groups: 20 })
        const survivor = await open()
        const entries = await survivor.entriesAfter('s', 0, Number.MAX_SAFE_INTEGER)
        await survivor.close()

        const seqs = entries.map((body) => (JSON.parse(wholeText(body)) as { seq: number }).seq)
        expect(seqs).toEqual(Array.from(seqs, (_, i) => i + 1))
        expect(seqs.length).toBeGreaterThanOrEqual(acknowledged)
        // The group under way is there as a whole or not at all.
        expect(seqs.length % size).toBe(0)
        base = seqs.length
      }
    },
  )

  test('[CMD3] while the indexes are filled: nothing is lost, nothing doubled', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const open = () => openSqliteJournal({ file, durability: 'normal' })
    const journal = await open()
    await journal.createSession(session('s'))
    await journal.close()

    let base = 0
    for (const groups of IS_WHOLE ? [210, 191, 281, 240] : [210, 191]) {
      const acknowledged = await appendAndKill(file, { base, size: 100, groups })
      const verdict = verifyFile(file)
      const [whole] = verdict.sessions
      expect(verdict).toEqual({ ok: true, database: [], sessions: [whole] })
      expect(whole?.seq).toBeGreaterThanOrEqual(acknowledged)
      const { indexed, behind } = placesOf(file)
      expect(indexed).toBeGreaterThan(0)
      expect(behind).toBeGreaterThan(0)
      base = whole?.seq ?? 0
      // Every second life goes on with what the one before has left.
      if (groups % 2 === 1) continue
      const survivor = await open()
      const entries = await survivor.entriesAfter('s', 0, Number.MAX_SAFE_INTEGER)
      expect(entries.map((body) => (JSON.parse(wholeText(body)) as { seq: number }).seq)).toEqual(
        Array.from({ length: base }, (_, i) => i + 1),
      )
      expect((await survivor.loadSession('s'))?.entries).toEqual(entries)
      await survivor.close()
    }
  })

  test('a process that still runs keeps others out, a killed one does not', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'journal.db')
    const journal = await openSqliteJournal({ file, durability: 'full' })
    await journal.createSession(session('s'))
    await journal.close()

    const child = spawn(process.execPath, [CHILD, file, '0', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.stdout.resume()
    await expect(openSqliteJournal({ file, durability: 'full' })).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining(`${file} is in use by another process`) as unknown,
    })
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    const survivor = await openSqliteJournal({ file, durability: 'full' })
    expect((await survivor.listSessions())[0]?.seq).toBeGreaterThan(0)
    await survivor.close()
  })
})
