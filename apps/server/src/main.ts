#!/usr/bin/env node
import { API_PREFIX } from '@talus/protocol'
import { buildApp, packageVersion, type App } from './app.js'
import { helpText, readConfig, type Config } from './config/config.js'
import { StorageError } from './journal/journal.js'
import { SettingError } from './observability/setting-error.js'

/** After this many milliseconds a shutdown no longer waits for stragglers. */
const SHUTDOWN_LIMIT_MS = 9_000

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function reasonOf(err: unknown, config: Config): string {
  const { code, port, address } = err as { code?: string; port?: number; address?: string }
  // Either listener can fail, and says at which address.
  const { host, port: metricsPort } = config.metricsListener ?? {}
  const isMetrics = port === metricsPort && address === host && port !== config.port
  const prefix = isMetrics ? '--metrics-' : '--'
  const at = `${address ?? config.host}:${port ?? config.port}`
  if (code === 'EADDRINUSE')
    return `${at} is taken by another process. Choose another ${prefix}port.`
  if (code === 'EACCES') return `Listening on ${at} is not permitted. Choose another ${prefix}port.`
  if (code === 'EADDRNOTAVAIL')
    return `This machine has no address ${address}. Check ${prefix}host.`
  if (err instanceof StorageError || err instanceof SettingError) return err.message
  return err instanceof Error ? (err.stack ?? err.message) : String(err)
}

function closeOnSignals(app: App, { auditLog }: Config): void {
  let closing = false
  const close = (signal: string) => {
    if (closing) return
    closing = true
    say(`${signal}: finishing what was taken in`)
    // Sockets that do not go by themselves must not keep the process.
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref()
    app.close().then(
      () => process.exit(0),
      (err: unknown) => {
        say(String(err))
        process.exit(1)
      },
    )
  }
  // Without a log to open again, a hangup ends the process as it always does.
  if (auditLog !== undefined) process.on('SIGHUP', () => app.reopenLogs())
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
}

function greet(url: string, config: Config): void {
  process.stdout.write(`${JSON.stringify({ url, data_dir: config.dataDir })}\n`)
  say(`Talus listens on ${url}, data in ${config.dataDir}.`)
  if (config.auth === null) {
    say('Development mode: nobody is authenticated, everybody may do everything.')
  }
  say(`Try:  curl ${url}${API_PREFIX}/health`)
  const token = config.auth === null ? '' : ' -H "authorization: Bearer $TOKEN"'
  const json = "-H 'content-type: application/json' -d '{}'"
  say(`      curl -X POST ${url}${API_PREFIX}/sessions${token} ${json}`)
}

function sayWhereMetricsAre(host: string, port: number | undefined): void {
  say(`Metrics are on http://${host}:${port}/metrics.`)
}

async function start(config: Config): Promise<void> {
  let app: App | undefined
  try {
    app = await buildApp(config)
    closeOnSignals(app, config)
    greet(await app.listen(), config)
    if (config.metricsListener) sayWhereMetricsAre(config.metricsListener.host, app.metricsPort())
  } catch (err) {
    say(`talus-server: ${reasonOf(err, config)}`)
    await app?.close().catch(() => undefined)
    process.exit(1)
  }
}

/** Runs what the first argument names; false when it names nothing. */
async function ranCommand([name, ...args]: readonly string[]): Promise<boolean> {
  if (name === undefined || name.startsWith('-')) return false
  // A server has no need of them, nor of the database driver in this thread.
  const { findCommand, runCommand } = await import('./commands/index.js')
  const command = findCommand(name)
  if (command) process.exitCode = await runCommand(command, args, process.env)
  return command !== undefined
}

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    const { commandHelp } = await import('./commands/index.js')
    process.stdout.write(helpText(commandHelp()))
    return
  }
  if (argv.includes('--version')) {
    process.stdout.write(`${packageVersion()}\n`)
    return
  }
  if (await ranCommand(argv)) return
  const config = readConfig(argv, process.env)
  if (!config.ok) {
    say(`talus-server: ${config.error.message}`)
    process.exit(2)
  }
  return start(config.value)
}

await main(process.argv.slice(2))
