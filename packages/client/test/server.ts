import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLOCK = new URL('moved-clock.mjs', import.meta.url).href

const MAIN = fileURLToPath(new URL('../../../apps/server/dist/main.js', import.meta.url))

type Started = { child: ChildProcess; url: string }

async function start(dataDir: string, port: string, options: string[]): Promise<Started> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: pnpm build makes it`)
  const settings = ['--port', port, '--data-dir', dataDir, '--log-level', 'error', ...options]
  const args = ['--import', CLOCK, MAIN, ...settings]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000)
  })
  const line = once(createInterface({ input: child.stdout as Readable }), 'line')
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The server ended with ${String(code)}:\n${said}`)
  })
  ended.catch(() => {})
  const [first] = (await Promise.race([line, ended])) as [string]
  return { child, url: (JSON.parse(first) as { url: string }).url }
}

/** The real server in a process of its own, with a data directory of its own. */
export class TestServer {
  readonly url: string
  readonly #dataDir: string
  readonly #options: string[]
  #child: ChildProcess

  private constructor({ child, url }: Started, dataDir: string, options: string[]) {
    this.#child = child
    this.url = url
    this.#dataDir = dataDir
    this.#options = options
  }

  static async start(...options: string[]): Promise<TestServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'talus-client-'))
    return new TestServer(await start(dataDir, '0', options), dataDir, options)
  }

  /** SIGKILL: no time for anything. SIGTERM: the server says goodbye. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exited
  }

  /** Moves its clock ahead. */
  async leap(ms: number): Promise<void> {
    const leapt = once(this.#child, 'message')
    this.#child.send(ms)
    await leapt
  }

  /** Starts again on the same port with the same data. */
  async restart(): Promise<void> {
    const { port } = new URL(this.url)
    this.#child = (await start(this.#dataDir, port, this.#options)).child
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
    await rm(this.#dataDir, { recursive: true, force: true })
  }
}
