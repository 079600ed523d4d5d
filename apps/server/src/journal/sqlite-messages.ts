import type { Journal } from './journal.js'
import type { Durability } from './sqlite-database.js'

/** What the worker is started with. */
export type WorkerOptions = { file: string; durability: Durability }

export type Method = keyof Journal

/** One call of a method of the journal. Requests are served one after the other, in order. */
export type Request = {
  [M in Method]: { id: number; method: M; args: Parameters<Journal[M]> }
}[Method]

/**
 * The answer to the request with that id. A `StorageError` travels in parts because a structured
 * clone would turn it into a plain `Error`.
 */
export type Reply =
  | { id: number; state: 'done'; value: unknown }
  | { id: number; state: 'storage-failed'; message: string; cause: unknown }
  | { id: number; state: 'failed'; error: unknown }
