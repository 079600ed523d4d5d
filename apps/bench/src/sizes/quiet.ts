import { setTimeout as pause } from 'node:timers/promises'
import type { ServerProcess } from '../server-process.js'

const WATCH_MS = 100
const IDLE_SHARE = 0.03
const PATIENCE_MS = 60_000

/** Waits until the server has nothing left to do, such as a snapshot to write. */
export async function quiet(server: ServerProcess): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const before = server.cpu()
    await pause(WATCH_MS)
    if (server.cpu() - before < (IDLE_SHARE * WATCH_MS) / 1000) return
  }
  throw new Error(`${server.url} does not come to rest`)
}
