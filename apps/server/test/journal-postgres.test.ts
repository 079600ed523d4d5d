import { runSql } from '@talus/services'
import { describe, expect, test } from 'vitest'
import { openPostgresJournal } from '../src/journal/index.js'
import { journalSuite, type OpenedJournal } from './journal-suite.js'
import { temporaryDatabase } from './postgres-database.js'

async function openEmpty(): Promise<OpenedJournal> {
  const { url, drop } = await temporaryDatabase()
  const opened: OpenedJournal = {
    journal: await openPostgresJournal({ url }),
    async reopen() {
      await opened.journal.close()
      opened.journal = await openPostgresJournal({ url })
      return opened.journal
    },
    async [Symbol.asyncDispose]() {
      await opened.journal.close()
      await drop()
    },
  }
  return opened
}

journalSuite('PostgreSQL journal', openEmpty, { isQueue: false })

describe('a PostgreSQL database', () => {
  test('is prepared once, by whoever of several servers comes first', async () => {
    await using database = await temporaryDatabase()
    const { url } = database
    const journals = await Promise.all([1, 2, 3, 4].map(() => openPostgresJournal({ url })))
    for (const journal of journals) await journal.close()
    expect(await runSql(url, 'select layout from talus.journal')).toEqual([{ layout: 1 }])
  })

  test('of a newer version is refused and left as it was', async () => {
    await using database = await temporaryDatabase()
    const { url } = database
    await (await openPostgresJournal({ url })).close()
    await runSql(url, 'update talus.journal set layout = 99')
    await expect(openPostgresJournal({ url })).rejects.toThrow(/written by a newer version/)
    expect(await runSql(url, 'select layout from talus.journal')).toEqual([{ layout: 99 }])
  })
})
