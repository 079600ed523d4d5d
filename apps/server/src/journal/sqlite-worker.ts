import { parentPort, workerData } from 'node:worker_threads'
import { Checkpoints } from './checkpoints.js'
import { ERASED_AT_ONCE } from './erasure.js'
import { StorageError } from './journal.js'
import { packOutcomes } from './packed-group.js'
import { openDatabase } from './sqlite-database.js'
import { messageOf, isSqliteError } from './sqlite-error.js'
import type { Notice, Reply, Request, WorkerOptions } from './sqlite-messages.js'
import { createSqliteStore, type SqliteStore } from './sqlite-store.js'

if (parentPort === null) throw new Error('sqlite-worker runs in a worker thread only')
const port = parentPort

const options = workerData as WorkerOptions
const checkpoints = new Checkpoints(options.file)
const opened = open(options)
// Whoever calls first is told; until then nobody has asked.
opened.catch(() => undefined)

// One at a time: all requests share one connection and thereby one transaction.
let turn: Promise<void> = Promise.resolve()
port.on('message', (request: Request) => {
  turn = turn.then(() => serve(request))
})
// In between: nobody waits for more than a part of it.
void opened.then(learn).catch(() => undefined)

async function open({ file, durability }: WorkerOptions): Promise<SqliteStore> {
  const database = openDatabase(file, durability)
  try {
    return await createSqliteStore(database, { onStuck })
  } catch (error) {
    // A schema newer than this code, for one.
    throw new StorageError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error })
  }
}

function learn(store: SqliteStore): void {
  turn = turn.then(() => {
    try {
      if (store.learnIds()) setImmediate(() => learn(store))
    } catch {
      // Ids that cannot be read are looked up one by one, as before.
    }
  })
}

function onStuck(error: unknown): void {
  port.postMessage({ id: null, stuck: messageOf(error) } satisfies Notice)
}

async function serve(request: Request): Promise<void> {
  port.postMessage(await answer(request))
  if (request.method === 'close') port.close()
}

async function answer({ id, method, args }: Request): Promise<Reply> {
  try {
    const { served, appendGroup } = await opened
    if (method === 'append') {
      const outcomes = appendGroup(args[0])
      checkpoints.wrote(args[0].length)
      return { id, state: 'done', value: packOutcomes(outcomes) }
    }
    if (method === 'eraseRemoved') checkpoints.wrote(ERASED_AT_ONCE)
    if (method === 'addSnapshotPart') checkpoints.wrote(args[1].body.length)
    // The last to close the database copies the rest of the log and removes it.
    if (method === 'close') await checkpoints.close()
    // The union of all methods takes no arguments; that these fit is what `Request` says.
    const call = served[method] as (...args: unknown[]) => Promise<unknown>
    return { id, state: 'done', value: await call(...args) }
  } catch (error) {
    if (error instanceof StorageError) {
      return { id, state: 'storage-failed', message: error.message, cause: error.cause }
    }
    if (isSqliteError(error)) {
      return { id, state: 'storage-failed', message: messageOf(error), cause: error }
    }
    return { id, state: 'failed', error }
  }
}
