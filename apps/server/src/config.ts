import { parseArgs } from 'node:util'
import { fail, ok, type Result } from '@talus/protocol'

/** How the server runs. Every field is a flag, and an environment variable `TALUS_…`. */
export type Config = {
  host: string
  /** 0 lets the system choose. */
  port: number
  dataDir: string
  /** The templates that ship with the server, when absent. */
  templatesDir: string | undefined
  durability: 'full' | 'normal'
  corsOrigins: string[] | '*'
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'
  /** Allows listening beyond loopback without authentication. */
  insecure: boolean
  /** Sessions that are idle for so long leave memory; 0: never. */
  idleMinutes: number
  /** How much history is kept; undefined: all. */
  retainEntries: number | undefined
  retainDays: number | undefined
}

type Flag = {
  name: string
  variable: string
  fallback: string | undefined
  argument: string
  help: string
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

const FLAGS = {
  host: {
    name: 'host',
    variable: 'TALUS_HOST',
    fallback: '127.0.0.1',
    argument: 'ADDRESS',
    help: 'address to listen on; beyond loopback only with --insecure',
  },
  port: {
    name: 'port',
    variable: 'TALUS_PORT',
    fallback: '5000',
    argument: 'PORT',
    help: 'port to listen on, 0 to 65535; 0 picks a free one and prints it',
  },
  dataDir: {
    name: 'data-dir',
    variable: 'TALUS_DATA_DIR',
    fallback: './data',
    argument: 'DIR',
    help: 'folder of the database; created when it is not there',
  },
  templatesDir: {
    name: 'templates-dir',
    variable: 'TALUS_TEMPLATES_DIR',
    fallback: undefined,
    argument: 'DIR',
    help: 'folder of templates (*.yaml); the samples that ship with the server',
  },
  durability: {
    name: 'durability',
    variable: 'TALUS_DURABILITY',
    fallback: 'full',
    argument: 'full|normal',
    help: 'full: a power cut loses nothing acknowledged; normal: faster, a crash of the process loses nothing',
  },
  corsOrigins: {
    name: 'cors-origins',
    variable: 'TALUS_CORS_ORIGINS',
    fallback: '*',
    argument: 'LIST',
    help: 'origins that browsers may call from, comma-separated, or *',
  },
  logLevel: {
    name: 'log-level',
    variable: 'TALUS_LOG_LEVEL',
    fallback: 'info',
    argument: 'LEVEL',
    help: LOG_LEVELS.join(', '),
  },
  insecure: {
    name: 'insecure',
    variable: 'TALUS_INSECURE',
    fallback: 'false',
    argument: '',
    help: 'listen beyond loopback although nobody is authenticated',
  },
  idleMinutes: {
    name: 'idle-minutes',
    variable: 'TALUS_IDLE_MINUTES',
    fallback: '10',
    argument: 'N',
    help: 'sessions that nobody is in and nobody asks for leave memory after this; 0: never',
  },
  retainEntries: {
    name: 'retain-entries',
    variable: 'TALUS_RETAIN_ENTRIES',
    fallback: undefined,
    argument: 'N',
    help: 'keep the last N entries of each session, and what --retain-days keeps; all when absent',
  },
  retainDays: {
    name: 'retain-days',
    variable: 'TALUS_RETAIN_DAYS',
    fallback: undefined,
    argument: 'N',
    help: 'keep the entries of the last N days, and what --retain-entries keeps; all when absent',
  },
} as const satisfies Record<keyof Config, Flag>

/** What `--help` prints; `commands` are lines about those. */
export function helpText(commands: string): string {
  const lines = Object.values(FLAGS).map((flag) => {
    const usage = `  --${flag.name}${flag.argument ? ` ${flag.argument}` : ''}`
    const value = flag.fallback === undefined ? '' : ` (default ${flag.fallback})`
    return `${usage.padEnd(28)} ${flag.help}${value}\n${' '.repeat(29)}${flag.variable}`
  })
  return [
    'talus-server: real-time collaboration on typed project graphs',
    '',
    'Usage: talus-server [options]',
    commands,
    '',
    'Options of the server; the commands read --data-dir and its variable too:',
    '',
    ...lines,
    `${'  --version'.padEnd(28)} print the version`,
    `${'  --help'.padEnd(28)} print this text`,
    '',
    'A flag goes before its variable. The first line on standard output is JSON with the url;',
    'logs go to standard error.',
    '',
  ].join('\n')
}

function invalid(flag: Flag, actual: string, expected: string): Result<never> {
  return fail(
    'BAD_REQUEST',
    `--${flag.name} (${flag.variable}) is '${actual}': expected ${expected}`,
  )
}

function oneOf<const T extends string>(
  flag: Flag,
  actual: string,
  values: readonly T[],
): Result<T> {
  const found = values.find((value) => value === actual)
  return found === undefined ? invalid(flag, actual, `one of ${values.join(', ')}`) : ok(found)
}

function portOf(actual: string): Result<number> {
  const port = Number(actual)
  const valid = /^\d{1,5}$/.test(actual) && port <= 65_535
  return valid ? ok(port) : invalid(FLAGS.port, actual, 'a number from 0 to 65535')
}

function countOf(flag: Flag, actual: string, least: number): Result<number> {
  const count = Number(actual)
  const valid = /^\d{1,9}$/.test(actual) && count >= least
  return valid ? ok(count) : invalid(flag, actual, `a whole number from ${least} to 999999999`)
}

/** A count that may be left out. */
function limitOf(flag: Flag, actual: string): Result<number | undefined> {
  return actual === '' ? ok(undefined) : countOf(flag, actual, 1)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function readFlags(argv: readonly string[]): Result<Record<string, string | boolean | undefined>> {
  const options = Object.fromEntries(
    Object.values(FLAGS).map((flag) => [
      flag.name,
      { type: flag.argument === '' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  try {
    return ok(parseArgs({ args: [...argv], options, strict: true }).values)
  } catch (err) {
    const message = err instanceof Error ? err.message : String(err)
    return fail('BAD_REQUEST', `${message.split('\n')[0]}. See talus-server --help`)
  }
}

/**
 * Reads flags and variables. Errors: BAD_REQUEST with a message that names the flag, the variable,
 * what was given and what was expected.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Result<Config> {
  const flags = readFlags(argv)
  if (!flags.ok) return flags
  const text = (flag: Flag): string =>
    String(flags.value[flag.name] ?? env[flag.variable] ?? flag.fallback ?? '')
  const port = portOf(text(FLAGS.port))
  if (!port.ok) return port
  const durability = oneOf(FLAGS.durability, text(FLAGS.durability), ['full', 'normal'])
  if (!durability.ok) return durability
  const logLevel = oneOf(FLAGS.logLevel, text(FLAGS.logLevel), LOG_LEVELS)
  if (!logLevel.ok) return logLevel
  const insecure = oneOf(FLAGS.insecure, text(FLAGS.insecure), ['true', 'false'])
  if (!insecure.ok) return insecure
  const idleMinutes = countOf(FLAGS.idleMinutes, text(FLAGS.idleMinutes), 0)
  if (!idleMinutes.ok) return idleMinutes
  const retainEntries = limitOf(FLAGS.retainEntries, text(FLAGS.retainEntries))
  if (!retainEntries.ok) return retainEntries
  const retainDays = limitOf(FLAGS.retainDays, text(FLAGS.retainDays))
  if (!retainDays.ok) return retainDays
  const host = text(FLAGS.host)
  if (host === '') return invalid(FLAGS.host, host, 'an address')
  if (!isLoopback(host) && insecure.value !== 'true') {
    return invalid(
      FLAGS.host,
      host,
      'a loopback address, as nobody is authenticated; or add --insecure',
    )
  }
  const dataDir = text(FLAGS.dataDir)
  if (dataDir === '') return invalid(FLAGS.dataDir, dataDir, 'a folder')
  const origins = text(FLAGS.corsOrigins)
  return ok({
    host,
    port: port.value,
    dataDir,
    templatesDir: text(FLAGS.templatesDir) || undefined,
    durability: durability.value,
    corsOrigins: origins === '*' ? '*' : origins.split(',').map((origin) => origin.trim()),
    logLevel: logLevel.value,
    insecure: insecure.value === 'true',
    idleMinutes: idleMinutes.value,
    retainEntries: retainEntries.value,
    retainDays: retainDays.value,
  })
}
