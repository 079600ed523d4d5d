#!/usr/bin/env node
import { randomUUID } from 'node:crypto'
import { API_PREFIX } from '@talus/protocol'
import type { Logger } from 'pino'
import { buildApp, type App } from './app.js'
import { helpText, readConfig, type Config } from './config/config.js'
import { warningsOf } from './config/warnings.js'
import { StorageError } from './journal/journal.js'
import { createLogger, guarded } from './observability/log.js'
import { SettingError } from './observability/setting-error.js'
import { packageVersion } from './package-files.js'

/** After this many milliseconds a shutdown no longer waits for stragglers. */
const SHUTDOWN_LIMIT_MS = 9_000

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** What cannot be written, as its reader has gone or the disk is full, must not end the process. */
function surviveLostOutput(): void {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (err: NodeJS.ErrnoException) => {
    process.exitCode = 1
    if (err.code !== 'EPIPE') say(`talus-server: standard output cannot be written: ${err.message}`)
  })
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

type Close = (why: string, exitCode: number) => void

/** Closes in order and ends the process, once. */
function closing(app: App): Close {
  let begun = false
  return (why, exitCode) => {
    if (begun) return
    begun = true
    say(`${why}: finishing what was taken in`)
    // Sockets that do not go by themselves must not keep the process.
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref()
    app.close().then(
      () => process.exit(exitCode),
      (err: unknown) => {
        say(String(err))
        process.exit(1)
      },
    )
  }
}

/**
 * A fault that nothing caught leaves nobody knowing what still holds in memory. What was
 * acknowledged is durable, so the process goes, in order, and whoever keeps it running starts a
 * sound one.
 */
function closeOnFaults(close: Close, logger: Logger): void {
  const fault = (what: string) => (err: unknown) => {
    logger.fatal({ error_id: randomUUID(), err }, what)
    close(what, 1)
  }
  process.on('uncaughtException', fault('uncaught exception'))
  process.on('unhandledRejection', fault('unhandled rejection'))
}

function closeOnSignals(close: Close): void {
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => close(signal, 0))
}

/** A hangup has files opened again: logs that were moved away, a certificate that was renewed. */
function reopenOnHangup(app: App, { auditLog }: Config): void {
  const { renewCertificate } = app
  // With nothing to open again, a hangup ends the process as it always does.
  if (auditLog === undefined && renewCertificate === null) return
  process.on('SIGHUP', () => {
    app.reopenLogs()
    renewCertificate?.()
  })
}

function greet(url: string, config: Config, { hasDocs }: App): void {
  process.stdout.write(`${JSON.stringify({ url, data_dir: config.dataDir })}\n`)
  say(`Talus listens on ${url}, data in ${config.dataDir}.`)
  for (const warning of warningsOf(config)) say(warning)
  if (hasDocs) say(`Documentation: ${url}/docs/`)
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
    const logger = createLogger(config.logLevel)
    app = await buildApp(config, { logger, onLost: () => process.exit(1) })
    const close = closing(app)
    closeOnSignals(close)
    closeOnFaults(close, guarded(logger))
    reopenOnHangup(app, config)
    greet(await app.listen(), config, app)
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
  // Standard output may have failed as well.
  if (command) process.exitCode = (await runCommand(command, args, process.env)) || process.exitCode
  return command !== undefined
}

async function main(argv: readonly string[]): Promise<void> {
  surviveLostOutput()
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
