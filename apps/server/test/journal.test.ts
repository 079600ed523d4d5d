import { join } from 'node:path'
import { createMemoryJournal, openSqliteJournal } from '../src/journal/index.js'
import { temporaryDirectory } from './journal-directory.js'
import { journalSuite, type OpenedJournal } from './journal-suite.js'
import { temporaryStore, type Ending } from './local-store.js'

journalSuite('memory journal', async () => {
  const journal = createMemoryJournal()
  return { journal, reopen: async () => journal, [Symbol.asyncDispose]: () => journal.close() }
})

journalSuite('SQLite journal', async () => {
  const directory = await temporaryDirectory()
  const open = () =>
    openSqliteJournal({ file: join(directory.path, 'data', 'journal.db'), durability: 'full' })
  const opened: OpenedJournal = {
    journal: await open(),
    async reopen() {
      await opened.journal.close()
      opened.journal = await open()
      return opened.journal
    },
    async [Symbol.asyncDispose]() {
      await opened.journal.close()
      await directory[Symbol.asyncDispose]()
    },
  }
  return opened
})

/** `pnpm test:long` fills the indexes at each append, and at none, too. */
const ROWS = process.env['TALUS_MATRIX'] === 'whole' ? [0, 3, 1_000] : [3]
const ENDINGS: Ending[] = ['close', 'crash']

for (const rows of ROWS) {
  for (const ending of ENDINGS) {
    journalSuite(
      `SQLite store, indexes filled from ${rows} rows on, ends by ${ending}`,
      async () => {
        const opened = await temporaryStore(rows)
        const { store } = opened
        return {
          journal: store.journal,
          reopen: () => store.reopen(ending),
          [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
        }
      },
    )
  }
}
