import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { ServerProcess } from '../server-process.js'
import type { Held } from './loop-watch.js'

const PROGRAM = new URL('ping-worker.js', import.meta.url)
const LOOP_WATCH = new URL('loop-watch.js', import.meta.url).href

/** What Node loads into a server whose event loop is watched. */
export const WATCHING = ['--import', LOOP_WATCH]

/** What a change leaves to be done, such as a snapshot, is watched for so many milliseconds. */
const AFTERMATH_MS = 1_500

/**
 * Milliseconds that some work took. Of the longest of each meanwhile and right after: a ping of a
 * client in no session, a commit in another session, and what held the event loop in one piece, of
 * which `cpu` is what the server's main thread worked.
 */
export type Watched = { took: number; ping: number; commit: number; held: number; cpu: number }

/** Pings the server, and edits another session, all the time while `work` runs. */
export async function watched(
  server: ServerProcess,
  work: () => Promise<unknown>,
): Promise<Watched> {
  const worker = new Worker(PROGRAM, { workerData: { url: server.url } })
  try {
    await once(worker, 'message')
    await server.ask()
    const startedAt = performance.now()
    await work()
    const took = performance.now() - startedAt
    await pause(AFTERMATH_MS)
    const { ms: held, cpu } = (await server.ask()) as Held
    worker.postMessage('stop')
    const [longest] = (await once(worker, 'message')) as [{ ping: number; commit: number }]
    return { took, ...longest, held, cpu }
  } finally {
    await worker.terminate()
  }
}
