import { DamagedError, StorageError } from '../journal.js'
import type { Durability } from './database.js'
import { isSqliteError, messageOf } from './errors.js'
import type { ReadSteps, WriteSteps } from './steps.js'
import { PartDamaged } from './texts.js'

/** What both threads are started with. */
export type ThreadOptions = { file: string; durability: Durability }

/** What the thread that writes is asked for. */
export type Writes = WriteSteps & { ping: () => void; close: () => void }

/** What the thread that reads is asked for. `checkpoint` copies the log into the database. */
export type Reads = ReadSteps & { checkpoint: () => void; close: () => void }

/** One call of a method. Requests to a thread are served one after the other, in order. */
export type Request = { id: number; method: string; args: unknown[] }

/**
 * The answer to the request with that id. A `StorageError` travels in pieces because a structured
 * clone would turn it into a plain `Error`; `part` is that of a `PartDamaged`.
 */
export type Reply =
  | { id: number; state: 'done'; value: unknown }
  | { id: number; state: 'storage-failed'; message: string; cause: unknown }
  | { id: number; state: 'damaged'; message: string; part: number | undefined }
  | { id: number; state: 'failed'; error: unknown }

/**
 * What goes wrong without being the answer to a request. `stuck`: durable rows cannot be indexed, or
 * removed ones not be taken away. `checkpoint`: the log cannot be copied into the database. `disk`: it
 * failed to read or write. `older`: the log was damaged, and what was acknowledged last is missing.
 * `lost`: the process must end, and what is being written is not answered.
 */
export type JournalFault = 'stuck' | 'checkpoint' | 'disk' | 'older' | 'lost'

/** What a thread says unasked. */
export type Notice = { id: null; fault: JournalFault; message: string }

/** The answer to a request that has failed. */
export function failedReply(id: number, error: unknown): Reply {
  if (error instanceof DamagedError) {
    const part = error instanceof PartDamaged ? error.part : undefined
    return { id, state: 'damaged', message: error.message, part }
  }
  if (error instanceof StorageError) {
    const { message, cause } = error
    return { id, state: 'storage-failed', message, cause }
  }
  if (!isSqliteError(error)) return { id, state: 'failed', error }
  return { id, state: 'storage-failed', message: messageOf(error), cause: error }
}

/** What an answer says: its value, or what is thrown. */
export function outcomeOf(reply: Reply): { value: unknown } | { error: unknown } {
  switch (reply.state) {
    case 'done':
      return { value: reply.value }
    case 'storage-failed':
      return { error: new StorageError(reply.message, { cause: reply.cause }) }
    case 'damaged':
      if (reply.part !== undefined) return { error: new PartDamaged(reply.part) }
      return { error: new DamagedError(reply.message) }
    case 'failed':
      return { error: reply.error }
    default:
      return reply satisfies never
  }
}
