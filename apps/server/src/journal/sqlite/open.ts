import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { builtWorker } from '../../package-files.js'
import { closeToOthers, createPrivateFolder } from '../../private-files.js'
import { StorageError, type Journal } from '../journal.js'
import type { Durability } from './database.js'
import { closedError, linkThreads, type JournalEvents, type Link } from './link.js'
import type { ThreadOptions } from './messages.js'
import { journalOver } from './over-steps.js'
import { writeProbe } from './files.js'

export type SqliteJournalOptions = {
  /** The database; it and its directory are created if need be. */
  file: string
  durability: Durability
  /** Other users of the machine may do something with a file or folder: a sentence that says so. */
  onExposed?: (sentence: string) => void
} & Partial<JournalEvents>

/**
 * The journal in a SQLite database, with a thread that writes and one that reads, so that waiting for
 * the disk never blocks the event loop, and reading no commit. Rejects with `StorageError` when the
 * file cannot be used: it is no journal, another process has it open, its directory cannot be created
 * or written.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { file, durability, onFatal = () => undefined, onFault = () => undefined } = options
  await createDataFolder(dirname(file))
  const workerData: ThreadOptions = { file, durability }
  const start = (thread: string) => new Worker(builtWorker(thread), { workerData })
  const write = start('journal/sqlite/write-thread.js')
  const read = start('journal/sqlite/read-thread.js')
  const link = linkThreads({ write, read }, { onFatal, onFault })
  try {
    // The first answer tells whether the database opened.
    await link.writes.ping()
  } catch (error) {
    await link.terminate()
    throw error
  }
  for (const sentence of closeToOthers(file)) options.onExposed?.(sentence)
  return untilClosed(link, writeProbe(`${file}-probe`))
}

/** Creates the folder of a database, if need be. Throws `StorageError`. */
export async function createDataFolder(folder: string): Promise<void> {
  try {
    await createPrivateFolder(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StorageError(`The data directory ${folder} cannot be created: ${reason}`, {
      cause: error,
    })
  }
}

/** The journal of two threads. When it is closed, calls that were made before come to their end. */
export function untilClosed(link: Link, probe: () => Promise<void>): Journal {
  const pending = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined
  const ping = async () => {
    await link.writes.ping()
    await probe()
  }
  const methods = { ...journalOver(link), ping }
  const counted = Object.entries(methods).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      if (closed !== undefined) throw closedError()
      const call = (method as (...given: unknown[]) => Promise<unknown>)(...args)
      pending.add(call)
      return await call.finally(() => pending.delete(call))
    },
  ])
  const close = () => (closed ??= link.close(pending))
  return { ...(Object.fromEntries(counted) as typeof methods), close }
}
