export { StorageError } from './journal.js'
export type { Journal } from './journal.js'
export { createMemoryJournal } from './memory-journal.js'
export { openSqliteJournal } from './sqlite-journal.js'
