import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP']
const WINDOWS = process.platform === 'win32'

/** Builds the server, or ends: with 0 when a signal asks for that, as the server does. */
async function build() {
  const turbo = fileURLToPath(new URL('../node_modules/turbo/bin/turbo', import.meta.url))
  const args = [turbo, 'run', 'build', '--filter=@talus/server', '--output-logs=errors-only']
  // Standard output belongs to the server, so the build writes to standard error.
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    // A group of its own: what turbo has started ends with it.
    detached: !WINDOWS,
  })
  let stopped = false
  const stop = () => {
    stopped = true
    // It has no pid when it could not be started.
    if (WINDOWS || child.pid === undefined) child.kill()
    else process.kill(-child.pid, 'SIGTERM')
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  const [code] = await once(child, 'close')
  for (const signal of SIGNALS) process.off(signal, stop)
  if (stopped) process.exit(0)
  if (code !== 0) process.exit(code ?? 1)
}

/** The parent and the command of a process, where /proc tells them. */
function processOf(pid) {
  try {
    const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    return { parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }
  } catch {
    return { parent: '', command: '' }
  }
}

/**
 * `npx` starts a shell, and hands signals to that alone: the shell goes, and what it has started would
 * be left running. A server that npx has started ends when that shell has gone.
 */
function endWithNpx() {
  const manager = process.ppid
  const { parent: shell } = processOf(manager)
  const { parent: npx, command } = processOf(shell)
  if (!/^(\/bin\/)?(da|ba)?sh\0-c/.test(command) || !/^np[mx]\b/.test(processOf(npx).command))
    return
  setInterval(() => {
    if (processOf(manager).parent !== shell) process.kill(process.pid, 'SIGTERM')
  }, 250).unref()
}

endWithNpx()
await build()
// In this process rather than in a child, so that signals reach the server.
const main = new URL('../apps/server/dist/main.js', import.meta.url)
const args = process.argv.slice(2)
// `pnpm start -- --port 1` hands the separator on as well.
if (args[0] === '--') args.shift()
process.argv = [process.argv[0], fileURLToPath(main), ...args]
await import(main.href)
