import type { Journal } from './journal.js'
import type { SnapshotSteps } from './snapshot-steps.js'
import type { Durability } from './sqlite-database.js'

/** What the worker is started with. */
export type WorkerOptions = { file: string; durability: Durability }

/** What is asked as it is. */
export type Served = Omit<Journal, 'append' | 'writeSnapshot'> & SnapshotSteps

/**
 * One call of a method. Requests are served one after the other, in order. `append` goes packed: it
 * is the only one that is called thousands of times a second.
 */
export type Request =
  | { id: number; method: 'append'; args: [string] }
  | {
      [M in keyof Served]: { id: number; method: M; args: Parameters<Served[M]> }
    }[keyof Served]

/**
 * The answer to the request with that id. A `StorageError` travels in parts because a structured
 * clone would turn it into a plain `Error`.
 */
export type Reply =
  | { id: number; state: 'done'; value: unknown }
  | { id: number; state: 'storage-failed'; message: string; cause: unknown }
  | { id: number; state: 'failed'; error: unknown }

/**
 * What goes wrong without being the answer to a request. `stuck`: durable rows cannot be moved to
 * their tables. `checkpoint`: the log cannot be copied into the database. `disk`: it failed to read
 * or write. `older`: the log was damaged, and what was
 * acknowledged last is missing. `lost`: the process must end, and what is being written is not answered.
 */
export type JournalFault = 'stuck' | 'checkpoint' | 'disk' | 'older' | 'lost'

/** What the worker says unasked. */
export type Notice = { id: null; fault: JournalFault; message: string }
