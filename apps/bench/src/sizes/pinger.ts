import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

const PROGRAM = new URL('ping-worker.js', import.meta.url)

/** What a change leaves to be done, such as a snapshot, is watched for so many milliseconds. */
const AFTERMATH_MS = 1_500

/** Milliseconds that some work took, and that the longest ping took meanwhile and right after. */
export type Watched = { took: number; longest: number }

/** A client that is in no session pings the server all the time while `work` runs. */
export async function watched(url: string, work: () => Promise<unknown>): Promise<Watched> {
  const worker = new Worker(PROGRAM, { workerData: { url } })
  try {
    await once(worker, 'message')
    const startedAt = performance.now()
    await work()
    const took = performance.now() - startedAt
    await pause(AFTERMATH_MS)
    worker.postMessage('stop')
    const [times] = (await once(worker, 'message')) as [number[]]
    return { took, longest: times.reduce((longest, time) => Math.max(longest, time), 0) }
  } finally {
    await worker.terminate()
  }
}
