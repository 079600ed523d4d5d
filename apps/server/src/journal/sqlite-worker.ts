import { parentPort, workerData } from 'node:worker_threads'
import { Checkpoints } from './checkpoints.js'
import { ERASED_AT_ONCE } from './erasure.js'
import { StorageError } from './journal.js'
import { packOutcomes } from './packed-group.js'
import { ServedStore } from './served-store.js'
import { openDatabase } from './sqlite-database.js'
import { isSqliteError, JournalLost, messageOf } from './sqlite-error.js'
import type { JournalFault, Notice, Reply, Request, WorkerOptions } from './sqlite-messages.js'
import type { SqliteStore } from './sqlite-store.js'

if (parentPort === null) throw new Error('sqlite-worker runs in a worker thread only')
const port = parentPort

const options = workerData as WorkerOptions
const tellFault = (kind: JournalFault) => (error: unknown) =>
  port.postMessage({ id: null, fault: kind, message: messageOf(error) } satisfies Notice)
const checkpoints = new Checkpoints(options.file, tellFault('checkpoint'))
const opened = open(options)
// Whoever calls first is told; until then nobody has asked.
opened.catch(() => undefined)

// One at a time: all requests share one connection and thereby one transaction.
let turn: Promise<void> = Promise.resolve()
let isLost = false
let isClosed = false
port.on('message', (request: Request) => {
  turn = turn.then(() => serve(request))
})
// In between: nobody waits for more than a part of it.
void opened
  .then((store) => {
    learn(store)
    guard(store)
  })
  .catch(() => undefined)

const OLDER =
  'The log was damaged: commands that were acknowledged last are missing. Every session has a new epoch.'

async function open({ file, durability }: WorkerOptions): Promise<ServedStore> {
  const database = openDatabase(file, durability)
  if (database.isOlder) tellFault('older')(new StorageError(OLDER))
  try {
    return await ServedStore.open(database, {
      onStuck: tellFault('stuck'),
      onSuspect: tellFault('disk'),
      onReopened: learn,
    })
  } catch (error) {
    database.close()
    // A schema newer than this code, for one.
    throw new StorageError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error })
  }
}

/** So often the lock is looked at: its file may be deleted by somebody. */
const GUARD_MS = 1_000

function guard(store: ServedStore): void {
  setInterval(() => {
    turn = turn.then(() => {
      try {
        if (!isLost && !isClosed) store.guard()
      } catch (error) {
        lose(error)
      }
    })
  }, GUARD_MS).unref()
}

function lose(error: unknown): void {
  isLost = true
  tellFault('lost')(error)
}

function learn(store: ServedStore): void {
  turn = turn.then(() => {
    try {
      if (store.current.learnIds()) setImmediate(() => learn(store))
    } catch {
      // Ids that cannot be read are looked up one by one, as before.
    }
  })
}

async function serve(request: Request): Promise<void> {
  if (isLost) return
  const reply = await answer(request)
  if (reply) port.postMessage(reply)
  if (request.method !== 'close') return
  isClosed = true
  port.close()
}

/** Undefined: nothing can be said, as the journal is lost. */
async function answer(request: Request): Promise<Reply | undefined> {
  const { id } = request
  try {
    const store = await opened
    return { id, state: 'done', value: await work(store, request) }
  } catch (error) {
    if (error instanceof JournalLost) {
      lose(error)
      return undefined
    }
    if (error instanceof StorageError) {
      return { id, state: 'storage-failed', message: error.message, cause: error.cause }
    }
    if (isSqliteError(error)) {
      return { id, state: 'storage-failed', message: messageOf(error), cause: error }
    }
    return { id, state: 'failed', error }
  }
}

async function work(store: ServedStore, { method, args }: Request): Promise<unknown> {
  if (method === 'append') {
    const outcomes = await store.use(({ appendGroup }) => appendGroup(args[0]))
    checkpoints.wrote(args[0].length)
    return packOutcomes(outcomes)
  }
  if (method === 'eraseRemoved') checkpoints.wrote(ERASED_AT_ONCE)
  if (method === 'addSnapshotPart') checkpoints.wrote(args[1].body.length)
  // The last to close the database copies the rest of the log and removes it.
  if (method === 'close') await checkpoints.close()
  if (method === 'ping') {
    await store.prove()
    checkpoints.expectWorking()
  }
  return await store.use(({ served }) => call(served, method, args))
}

function call(
  served: SqliteStore['served'],
  method: keyof SqliteStore['served'],
  args: unknown[],
): Promise<unknown> {
  // The union of all methods takes no arguments; that these fit is what `Request` says.
  return (served[method] as (...given: unknown[]) => Promise<unknown>)(...args)
}
