import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { cpuSeconds } from './cpu-time.js'
import { onServerCore } from './pinning.js'
import { residentBytes } from './resident-memory.js'

const START_MS = 15_000
const STOP_MS = 10_000

type Running = {
  child: ChildProcess
  pid: number
  url: string
  inspectorUrl: string | undefined
  lastWords: () => string
}

/** A server in a process of its own, on the server's core. */
export class ServerProcess {
  readonly url: string
  /** Of V8's inspector, when Node was started with `--inspect`. */
  readonly inspectorUrl: string | undefined
  readonly #child: ChildProcess
  readonly #pid: number
  #stopping = false

  private constructor({ child, pid, url, inspectorUrl, lastWords }: Running) {
    this.#child = child
    this.#pid = pid
    this.url = url
    this.inspectorUrl = inspectorUrl
    const kill = (code: number) => {
      if (code !== 0) console.error(`What ${url} said last:\n${lastWords()}`)
      child.kill('SIGKILL')
    }
    process.once('exit', kill)
    child.once('exit', () => {
      process.off('exit', kill)
      if (!this.#stopping) console.error(`The server ended by itself.\n${lastWords()}`)
    })
  }

  /** Starts a Node program whose first line of output is `{"url":"http://…"}`. */
  static async start(args: string[]): Promise<ServerProcess> {
    const [command, commandArgs] = onServerCore(args)
    const child = spawn(command, commandArgs, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const { pid, stdout, stderr } = child
    if (pid === undefined || !stdout || !stderr) throw new Error(`Cannot run ${command}`)
    const errors = endOf(stderr)
    try {
      const { url } = JSON.parse(await firstLine(child, stdout)) as { url: string }
      const log = endOf(stdout)
      const [inspectorUrl] = /ws:\/\/\S+/.exec(errors()) ?? []
      const lastWords = () => log() + errors()
      return new ServerProcess({ child, pid, url, inspectorUrl, lastWords })
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`${args.join(' ')} did not start\n${errors()}`, { cause: error })
    }
  }

  /** Where clients connect. */
  get urls(): readonly string[] {
    return [this.url]
  }

  /** CPU seconds used so far by all its threads. */
  cpu(): number {
    return cpuSeconds(this.#pid)
  }

  /** Bytes of its memory that are in RAM; NaN where there is no /proc. */
  residentBytes(): number {
    return residentBytes(this.#pid)
  }

  /** Asks what was loaded into it beside its program, which answers each message with one. */
  async ask(): Promise<unknown> {
    const answered = once(this.#child, 'message')
    this.#child.send('tell')
    const [answer] = (await answered) as [unknown]
    return answer
  }

  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(timer)
  }
}

/** Keeps the end of what a server says, for when it fails; reads on, so that it never blocks. */
function endOf(output: Readable): () => string {
  let end = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    end = (end + text).slice(-4000)
  })
  return () => end
}

async function firstLine(child: ChildProcess, output: Readable): Promise<string> {
  const signal = AbortSignal.timeout(START_MS)
  const lines = createInterface({ input: output })
  const line = once(lines, 'line', { signal }).then(([text]) => String(text))
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`It ended with ${String(code)} before it listened`)
  })
  // Whichever comes second has nobody waiting for it.
  for (const outcome of [line, ended]) outcome.catch(() => {})
  try {
    return await Promise.race([line, ended])
  } finally {
    lines.close()
  }
}
