import { parentPort, workerData } from 'node:worker_threads'
import { openBeside, type SqliteDatabase } from './database.js'
import { messageOf, troubleOf } from './errors.js'
import {
  failedReply,
  type Notice,
  type Reads,
  type Reply,
  type Request,
  type ThreadOptions,
} from './messages.js'
import { readSteps, type ReadSteps } from './steps.js'
import { Tail } from './tail.js'

if (parentPort === null) throw new Error('read-thread runs in a worker thread only')
const port = parentPort
const { file } = workerData as ThreadOptions

/** Opened when it is needed, and again after a failure of the disk. */
let opened: { database: SqliteDatabase; steps: ReadSteps } | undefined

port.on('message', (request: Request) => {
  port.postMessage(answer(request))
  if (request.method === 'close') port.close()
})

function answer({ id, method, args }: Request): Reply {
  try {
    return { id, state: 'done', value: take(method as keyof Reads, args) }
  } catch (error) {
    if (troubleOf(error)) {
      reset()
      if (method !== 'checkpoint') tellDisk(error)
    }
    return failedReply(id, error)
  }
}

function take(method: keyof Reads, args: unknown[]): unknown {
  if (method === 'close') return reset()
  const { database, steps } = (opened ??= open())
  if (method === 'checkpoint') {
    database.connection.exec('pragma wal_checkpoint(passive)')
    return undefined
  }
  return (steps[method] as (...given: unknown[]) => unknown)(...args)
}

function open(): { database: SqliteDatabase; steps: ReadSteps } {
  const database = openBeside(file)
  return { database, steps: readSteps({ database, tail: new Tail(database) }) }
}

function reset(): void {
  opened?.database.close()
  opened = undefined
}

function tellDisk(error: unknown): void {
  port.postMessage({ id: null, fault: 'disk', message: messageOf(error) } satisfies Notice)
}
