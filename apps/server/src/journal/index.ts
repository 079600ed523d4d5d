export { StorageError } from './journal.js'
export type {
  AppendBatch,
  AppendOutcome,
  Commit,
  Journal,
  ProjectRecord,
  Receipt,
  SessionRecord,
  StoredCommand,
  StoredSession,
} from './journal.js'
export { createMemoryJournal } from './memory-journal.js'
export type { Durability } from './sqlite-database.js'
export { openSqliteJournal } from './sqlite-journal.js'
export type { SqliteJournalOptions } from './sqlite-journal.js'
