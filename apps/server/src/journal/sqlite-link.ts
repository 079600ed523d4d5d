import type { Worker } from 'node:worker_threads'
import { StorageError, type Journal } from './journal.js'
import { packGroup, unpackOutcomes, type PackedOutcomes } from './packed-group.js'
import { assertConsecutive } from './rules.js'
import type { JournalFault, Notice, Reply, Request, Served } from './sqlite-messages.js'

/** The main thread's end of the worker: requests out, replies in. */
export type WorkerLink = {
  append: Journal['append']
  request: <M extends keyof Served>(
    method: M,
    ...args: Parameters<Served[M]>
  ) => ReturnType<Served[M]>
  /** Lets what was asked before finish, then closes the database and ends the worker. */
  close: () => Promise<void>
  /** Ends the worker at once. */
  terminate: () => Promise<void>
}

type Waiting = {
  method: Request['method']
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/** `ended`: there is nobody to ask any more, for the reason that `error` gives. */
type State = { state: 'open' } | { state: 'ended'; error: StorageError }

export type JournalEvents = {
  /**
   * The journal is lost: its worker has died, another process writes to the database, or nobody can
   * say whether a commit is durable. The process should end now: what was being written is never
   * answered, since it may or may not be there after the next start.
   */
  onFatal: (error: StorageError) => void
  /** Something else failed. It is tried again, and nothing acknowledged is lost. */
  onFault: (fault: Exclude<JournalFault, 'lost'>, error: StorageError) => void
}

/** Requests that leave nobody knowing whether they were done when the worker dies. */
const WRITES: ReadonlySet<Request['method']> = new Set<Request['method']>([
  'append',
  'createSession',
  'deleteSession',
  'truncate',
  'putMember',
  'deleteMember',
  'createShareLink',
  'deleteShareLink',
  'createProject',
  'saveProject',
  'deleteProject',
])

export function linkWorker(worker: Worker, { onFatal, onFault }: JournalEvents): WorkerLink {
  const waiting = new Map<number, Waiting>()
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  let state: State = { state: 'open' }
  let lastId = 0
  let closed: Promise<void> | undefined

  const lose = (error: StorageError) => {
    // An end that was asked for is no news, and neither is the exit that follows an error.
    const isNews = state.state !== 'ended'
    if (isNews) state = { state: 'ended', error }
    try {
      if (isNews) onFatal(error)
    } finally {
      for (const { method, reject } of waiting.values()) if (!WRITES.has(method)) reject(error)
      waiting.clear()
    }
  }
  const die = (cause: unknown) =>
    lose(new StorageError('The journal’s worker thread has died', { cause }))
  worker.on('message', (reply: Reply | Notice) => {
    if (reply.id === null) {
      const error = new StorageError(reply.message)
      return reply.fault === 'lost' ? lose(error) : onFault(reply.fault, error)
    }
    settle(waiting.get(reply.id), reply)
    waiting.delete(reply.id)
  })
  worker.on('messageerror', die)
  worker.on('error', die)
  worker.on('exit', (code) => die(new Error(`The worker exited with code ${code}`)))

  const send = (method: Request['method'], args: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      if (state.state === 'ended') return reject(state.error)
      const id = ++lastId
      // `request` has checked that the arguments are those of the method.
      worker.postMessage({ id, method, args } as Request)
      waiting.set(id, { method, resolve, reject })
    })
  const end = () => {
    state = { state: 'ended', error: new StorageError('The journal is closed') }
  }

  return {
    async append(batches) {
      batches.forEach(assertConsecutive)
      const packed = await send('append', [packGroup(batches)])
      return unpackOutcomes(packed as PackedOutcomes, batches.length)
    },
    request: <M extends keyof Served>(method: M, ...args: Parameters<Served[M]>) =>
      send(method, args) as ReturnType<Served[M]>,
    close() {
      if (closed !== undefined) return closed
      // The lock on the file is gone only when the thread is.
      closed = send('close', []).then(() => exited)
      end()
      return closed
    },
    async terminate() {
      end()
      await worker.terminate()
    },
  }
}

function settle(waiting: Waiting | undefined, reply: Reply): void {
  switch (reply.state) {
    case 'done':
      return waiting?.resolve(reply.value)
    case 'storage-failed':
      return waiting?.reject(new StorageError(reply.message, { cause: reply.cause }))
    case 'failed':
      return waiting?.reject(reply.error)
    default:
      reply satisfies never
  }
}
