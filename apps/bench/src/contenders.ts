import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ServerProcess } from './server-process.js'

const FLOOR = fileURLToPath(new URL('floor-server.js', import.meta.url))
const TALUS = fileURLToPath(
  new URL('dist/main.js', import.meta.resolve('@talus/server/package.json')),
)

/** Where the journals of the measured servers are; what its disk does decides what they cost. */
export const DATA_ROOT = tmpdir()

/** A running server, and how to end it and what it left. */
export type Contender = { server: ServerProcess; stop: () => Promise<void> }

export async function startFloor(): Promise<Contender> {
  const server = await ServerProcess.start([FLOOR])
  return { server, stop: () => server.stop() }
}

/** Whether the server has been built. */
export function talusExists(): boolean {
  return existsSync(TALUS)
}

/** Starts Talus with full durability on an empty data directory. */
export async function startTalus(nodeArgs: readonly string[]): Promise<Contender> {
  const dataDir = await mkdtemp(join(DATA_ROOT, 'talus-bench-'))
  const flags = ['--host', '127.0.0.1', '--port', '0', '--data-dir', dataDir]
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const server = await ServerProcess.start([...nodeArgs, TALUS, ...flags, '--durability', 'full'])
    return {
      server,
      stop: async () => {
        await server.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
