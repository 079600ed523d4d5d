import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { testApp, type TestApp } from '../harness.js'
import { launch, type ServerProcess } from '../server-process.js'
import type { Script } from './script.js'
import { SlowTimers } from '../slow-timers.js'

/** Where the server runs: one data folder, and one port after the first start. */
export type House = {
  readonly url: string
  readonly dataDir: string
  stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
  start: () => Promise<void>
  /** Everything that nobody holds leaves memory. Only inside. */
  forget: () => Promise<void>
  [Symbol.asyncDispose]: () => Promise<void>
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Weak references hold until their turn ends.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
}

function flags(dataDir: string, port: number, { durability }: Script): string[] {
  return ['--port', `${port}`, '--data-dir', dataDir, '--durability', durability]
}

/** A server in this process: it cannot be killed. */
class Inside implements House {
  readonly dataDir: string
  readonly #script: Script
  readonly #timers = new SlowTimers()
  #app: TestApp | undefined
  url = ''

  constructor(dataDir: string, script: Script) {
    this.dataDir = dataDir
    this.#script = script
  }

  async start(): Promise<void> {
    const { after } = this.#timers
    const args = flags(this.dataDir, portOf(this.url), this.#script)
    this.#app = await testApp({ dataDir: this.dataDir, args, after })
    this.url = this.#app.url
  }

  async stop(): Promise<void> {
    await this.#app?.[Symbol.asyncDispose]()
  }

  async forget(): Promise<void> {
    for (let sweep = 0; sweep < 5; sweep += 1) this.#timers.fire()
    await collectGarbage()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

/** The built server as a process of its own. */
class Outside implements House {
  readonly dataDir: string
  readonly #script: Script
  #server: ServerProcess | undefined
  url = ''

  constructor(dataDir: string, script: Script) {
    this.dataDir = dataDir
    this.#script = script
  }

  async start(): Promise<void> {
    this.#server = launch(flags(this.dataDir, portOf(this.url), this.#script))
    const { url } = JSON.parse(await this.#server.greeting) as { url: string }
    this.url = url
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#server?.kill(signal)
    const { code, stderr } = (await this.#server?.ended) ?? {}
    if (signal === 'SIGTERM' && code !== 0)
      throw new Error(`The server ended in ${code}: ${stderr}`)
  }

  async forget(): Promise<void> {
    throw new Error('Nobody can be told to forget in another process')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

function portOf(url: string): number {
  return url === '' ? 0 : Number(new URL(url).port)
}

/** Opens the house of a script, with a running server. */
export async function openHouse(script: Script): Promise<House> {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-fuzz-'))
  const house =
    script.house === 'inside' ? new Inside(dataDir, script) : new Outside(dataDir, script)
  await house.start()
  return house
}
