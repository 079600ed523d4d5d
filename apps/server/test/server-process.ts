import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** How a process ended, and what it had said. */
export type Ended = {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** The built server as a process of its own. */
export type ServerProcess = {
  /** The first line on standard output; fails when the process ends without one. */
  greeting: Promise<string>
  pid: number
  ended: Promise<Ended>
  /** What it has said on standard error so far. */
  stderr: () => string
  kill: (signal: NodeJS.Signals) => void
  [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts `talus-server` with these arguments; of the variables `TALUS_…` it sees only those given. */
export function launch(
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
  { ofOneTest = true } = {},
): ServerProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TALUS_'))
  const env = { ...Object.fromEntries(inherited), ...variables }
  const child = spawn(process.execPath, [MAIN, ...args], { env })
  // A test that runs out of time disposes of nothing.
  if (ofOneTest) onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  const ended = once(child, 'close').then(([code, signal]): Ended => ({
    code,
    signal,
    stdout,
    stderr,
  }))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const greeting = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      const end = stdout.indexOf('\n')
      if (end >= 0) resolve(stdout.slice(0, end))
    })
    void ended.then((how) => reject(new Error(`The server said nothing: ${JSON.stringify(how)}`)))
  })
  // Whoever only looks at how the process ends need not look at this.
  greeting.catch(() => undefined)
  return {
    greeting,
    pid: child.pid ?? 0,
    ended,
    stderr: () => stderr,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A server on a free port; its address. */
export async function launchOn(dataDir: string): Promise<ServerProcess & { url: string }> {
  const server = launch(['--port', '0', '--data-dir', dataDir])
  const { url } = JSON.parse(await server.greeting) as { url: string }
  return Object.assign(server, { url })
}
