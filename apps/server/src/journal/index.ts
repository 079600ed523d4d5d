export { StorageError } from './journal.js'
export type { Journal } from './journal.js'
export { createMemoryJournal } from './memory.js'
export { openSqliteJournal } from './sqlite/open.js'
