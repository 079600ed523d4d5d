import { existsSync, rmSync } from 'node:fs'
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

/** A data directory, on which Talus may be started, with full durability, again and again. */
export class TalusData {
  readonly directory: string
  /** Also of a run that fails: a large journal is not to be left behind. */
  readonly #atExit = () => rmSync(this.directory, { recursive: true, force: true })

  private constructor(directory: string) {
    this.directory = directory
    process.once('exit', this.#atExit)
  }

  static async create(): Promise<TalusData> {
    return new TalusData(await mkdtemp(join(DATA_ROOT, 'talus-bench-')))
  }

  /** `serverArgs`: flags of the server beside where it listens and stores. */
  start(nodeArgs: readonly string[], serverArgs: readonly string[] = []): Promise<ServerProcess> {
    const place = ['--host', '127.0.0.1', '--port', '0', '--data-dir', this.directory]
    return ServerProcess.start([
      ...nodeArgs,
      TALUS,
      ...place,
      '--durability',
      'full',
      ...serverArgs,
    ])
  }

  remove(): Promise<void> {
    process.off('exit', this.#atExit)
    return rm(this.directory, { recursive: true, force: true })
  }
}

/** Starts Talus on an empty data directory. */
export async function startTalus(
  nodeArgs: readonly string[],
  serverArgs: readonly string[] = [],
): Promise<Contender> {
  const data = await TalusData.create()
  try {
    const server = await data.start(nodeArgs, serverArgs)
    return {
      server,
      stop: async () => {
        await server.stop()
        await data.remove()
      },
    }
  } catch (error) {
    await data.remove()
    throw error
  }
}
