import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { StorageError } from '../journal.js'
import { openDatabase } from './database.js'
import { JournalLost, messageOf } from './errors.js'
import {
  failedReply,
  type JournalFault,
  type Notice,
  type Reply,
  type Request,
  type ThreadOptions,
} from './messages.js'
import type { NewSession } from './sessions.js'
import { ServedStore } from './store.js'

if (parentPort === null) throw new Error('write-thread runs in a worker thread only')
const port = parentPort

const OLDER =
  'The log was damaged: commands that were acknowledged last are missing. Every session has a new epoch.'

/** So often the lock is looked at: its file may be deleted by somebody. */
const GUARD_MS = 1_000

const tellFault = (fault: JournalFault) => (error: unknown) =>
  port.postMessage({ id: null, fault, message: messageOf(error) } satisfies Notice)

/** Undefined: nobody can say what is stored, and nothing is answered any more. */
let store: ServedStore | Error | undefined = open(workerData as ThreadOptions)
let isTidying = false

const guard = setInterval(() => losing(() => current()?.guard()), GUARD_MS)
guard.unref()

/** Sessions that are created in one transaction: a commit waits for them. */
const CREATED_AT_ONCE = 64

port.on('message', (request: Request) => {
  if (store === undefined && request.method === 'close') end()
  losing(() => {
    let next: Request | undefined = request
    while (next !== undefined) next = serve(next)
  })
})
tidyLater()

/** Whoever calls first is told why it cannot be opened. */
function open({ file, durability }: ThreadOptions): ServedStore | Error {
  try {
    const database = openDatabase(file, durability)
    if (database.isOlder) tellFault('older')(new StorageError(OLDER))
    try {
      return new ServedStore(file, database, {
        onStuck: tellFault('stuck'),
        onSuspect: tellFault('disk'),
      })
    } catch (error) {
      database.close()
      if (error instanceof StorageError) throw error
      throw new StorageError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error })
    }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function current(): ServedStore | undefined {
  return store instanceof ServedStore ? store : undefined
}

/** Does something, unless the journal is lost, or turns out to be by it. */
function losing(work: () => void): void {
  if (store === undefined) return
  try {
    work()
  } catch (error) {
    store = undefined
    tellFault('lost')(error)
  }
}

/** Answers a request; returns the next one, where that has been taken from the queue. */
function serve(request: Request): Request | undefined {
  const { method } = request
  if (method === 'createSessions') return createWaiting(request)
  port.postMessage(answer(request))
  if (method === 'close') end()
  else tidyLater()
  return undefined
}

/**
 * Creates the sessions that wait to be created, one after the other in the queue, with one sync of
 * the disk, which costs more than dozens of them. Returns the request behind them.
 */
function createWaiting(first: Request): Request | undefined {
  const group = [first]
  let behind: Request | undefined
  while (group.length < CREATED_AT_ONCE) {
    behind = receiveMessageOnPort(port)?.message as Request | undefined
    if (behind?.method !== 'createSessions') break
    group.push(behind)
    behind = undefined
  }
  const asked = group.map(({ args: [sessions] }) => sessions as NewSession[])
  const reply = answer({ ...first, args: [asked.flat()] })
  const created = reply.state === 'done' ? (reply.value as unknown[]) : []
  for (const [i, { id }] of group.entries()) {
    const own = reply.state === 'done' ? { value: created.splice(0, asked[i]?.length) } : {}
    port.postMessage({ ...reply, ...own, id })
  }
  tidyLater()
  return behind
}

/** Throws `JournalLost` when nothing can be said. */
function answer({ id, method, args }: Request): Reply {
  try {
    if (!(store instanceof ServedStore)) throw store ?? new Error('closed')
    if (method === 'ping') store.look()
    if (method !== 'close') store.expectInPlace()
    if (method === 'ping') store.prove()
    const value = store.use(({ writes, close }) => {
      const methods = { ...writes, close } as Record<string, (...given: unknown[]) => unknown>
      return methods[method]?.(...args)
    })
    return { id, state: 'done', value }
  } catch (error) {
    if (error instanceof JournalLost) throw error
    return failedReply(id, error)
  }
}

/** Does a part of what is to be done besides, between two requests: nobody waits for more of it. */
function tidyLater(): void {
  if (isTidying) return
  isTidying = true
  setImmediate(() => {
    isTidying = false
    losing(() => {
      if (current()?.tidy()) tidyLater()
    })
  })
}

function end(): void {
  store = undefined
  clearInterval(guard)
  port.close()
}
