#!/usr/bin/env node
import { randomUUID } from 'node:crypto'
import { API_PREFIX } from '@talus/protocol'
import type { Logger } from 'pino'
import { type App, buildApp } from './app.js'
import { type Config, helpText, readConfig, warningsOf } from './config/config.js'
import { SettingError, StorageError } from './errors.js'
import { createLogger, guarded } from './observability/log.js'
import { packageVersion } from './files.js'
import { dataPlace } from './open-journal.js'

/** After this many milliseconds a shutdown no longer waits for stragglers. */
const SHUTDOWN_LIMIT_MS = 9_000

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** What cannot be written, as its reader has gone or the disk is full, must not end the process. */
function surviveLostOutput(): void {
  // Where errors are told cannot be told of.
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (err: NodeJS.ErrnoException) => {
    process.exitCode = 1
    if (err.code !== 'EPIPE') say(`talus-server: standard output cannot be written: ${err.message}`)
  })
}

/** What an error of `listen` says of where that was to be. */
type Listening = { port?: number; address?: string; hostname?: string }

function reasonOf(err: unknown, config: Config): string {
  const { code, port, address, hostname } = err as NodeJS.ErrnoException & Listening
  // Either listener can fail, and says at which address.
  const { host, port: metricsPort } = config.metricsListener ?? {}
  const isMetrics =
    port !== undefined && port === metricsPort && address === host && port !== config.port
  const prefix = isMetrics ? '--metrics-' : '--'
  const at = `${address ?? config.host}:${port ?? config.port}`
  if (code === 'EADDRINUSE')
    return `${at} is taken by another process. Choose another ${prefix}port.`
  if (code === 'EACCES') return `Listening on ${at} is not permitted. Choose another ${prefix}port.`
  if (code === 'EADDRNOTAVAIL')
    return `This machine has no address ${address}. Check ${prefix}host.`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EINVAL')
    return `The name or address ${hostname ?? at} cannot be found. Check ${prefix}host.`
  if (err instanceof StorageError || err instanceof SettingError) return err.message
  return err instanceof Error ? (err.stack ?? err.message) : String(err)
}

type Asked = { why: string; exitCode: number }

type Close = (why: string, exitCode: number) => void

/** Ends the process, once and in order; what comes before the server is open waits for that. */
class Closing {
  readonly #drainMs: number
  #app: App | undefined
  #asked: Asked | undefined

  constructor(drainMs: number) {
    this.#drainMs = drainMs
  }

  get isAsked(): boolean {
    return this.#asked !== undefined
  }

  opened(app: App): void {
    this.#app = app
    if (this.#asked) this.#close(app, this.#asked)
  }

  readonly close: Close = (why, exitCode) => {
    if (this.#asked) return
    const asked = { why, exitCode }
    this.#asked = asked
    const app = this.#app
    // After a fault nobody is to wait for anything.
    if (!app || exitCode !== 0 || this.#drainMs === 0) return this.#finish(asked)
    say(`${why}: clients go to other servers`)
    app.drain()
    setTimeout(() => this.#finish(asked), this.#drainMs)
  }

  #finish(asked: Asked): void {
    say(`${asked.why}: finishing accepted requests`)
    // Sockets that do not go by themselves must not keep the process.
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref()
    if (this.#app) this.#close(this.#app, asked)
  }

  #close(app: App, { exitCode }: Asked): void {
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

/** A second signal that asks for the same within so many milliseconds is the first one, repeated. */
const SAME_SIGNAL_MS = 250

/**
 * The first signal ends the process in order, a second one at once: whoever sends it does not want to
 * wait. Of a terminal's Ctrl+C each process of a group gets its own, and package managers pass theirs
 * on: that is the same one, twice.
 */
function closeOnSignals(close: Close, signals: readonly NodeJS.Signals[]): void {
  let firstAt: number | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      return close(signal, 0)
    }
    if (performance.now() - firstAt < SAME_SIGNAL_MS) return
    say(`${signal} again: ending at once`)
    process.exit(1)
  }
  for (const signal of signals) process.on(signal, onSignal)
}

/** A hangup has files opened again: logs that were moved away, a certificate that was renewed. */
function reopenOnHangup({ renewCertificate, reopenLogs }: App): void {
  process.on('SIGHUP', () => {
    reopenLogs()
    renewCertificate?.()
  })
}

function greet(url: string, config: Config, { hasDocs, hasStudio }: App): void {
  process.stdout.write(`${JSON.stringify({ url, data_dir: config.dataDir })}\n`)
  say(`Talus listens on ${url}, data in ${dataPlace(config)}.`)
  for (const warning of warningsOf(config)) say(warning)
  if (hasStudio) say(`Studio: ${url}/`)
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
  const closing = new Closing(config.drainSeconds * 1_000)
  const { close } = closing
  try {
    const logger = createLogger(config.logLevel)
    // With nothing to open again, a hangup says that the terminal has gone.
    const reopens = config.auditLog !== undefined || config.network.tls !== null
    closeOnSignals(close, reopens ? ['SIGTERM', 'SIGINT'] : ['SIGTERM', 'SIGINT', 'SIGHUP'])
    app = await buildApp(config, { logger, onLost: () => process.exit(1) })
    closeOnFaults(close, guarded(logger))
    closing.opened(app)
    if (closing.isAsked) return
    if (reopens) reopenOnHangup(app)
    greet(await app.listen(), config, app)
    if (config.metricsListener) sayWhereMetricsAre(config.metricsListener.host, app.metricsPort())
  } catch (err) {
    // A server that is closed while it begins to listen cannot: that is no fault.
    if (app && closing.isAsked) return
    say(`talus-server: ${reasonOf(err, config)}`)
    // Why it ends is told; what is acknowledged is durable.
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
