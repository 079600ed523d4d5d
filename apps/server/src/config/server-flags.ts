import { ok, type Result } from '@talus/protocol'
import {
  countOf,
  invalid,
  oneOf,
  optionalCount,
  switchOf,
  type Flag,
  type FlagGroup,
  type Given,
} from './flag.js'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

/** Where the server listens, what it stores and how long. */
export type ServerSettings = {
  host: string
  /** 0 lets the system choose. */
  port: number
  dataDir: string
  /** The templates that ship with the server, when absent. */
  templatesDir: string | undefined
  durability: 'full' | 'normal'
  logLevel: (typeof LOG_LEVELS)[number]
  /** Whether the documentation is served at /docs. */
  docs: boolean
  /** Allows listening beyond loopback without authentication. */
  insecure: boolean
  /** Sessions that are idle for so long leave memory; 0: never. */
  idleMinutes: number
  /** How much history is kept; undefined: all. */
  retainEntries: number | undefined
  retainDays: number | undefined
}

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
  logLevel: {
    name: 'log-level',
    variable: 'TALUS_LOG_LEVEL',
    fallback: 'info',
    argument: 'LEVEL',
    help: LOG_LEVELS.join(', '),
  },
  docs: {
    name: 'docs',
    variable: 'TALUS_DOCS',
    fallback: 'on',
    argument: 'on|off',
    help: 'on: anybody may read the documentation, at /docs',
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
} as const satisfies Record<keyof ServerSettings, Flag>

function textOf(flag: Flag, given: Given, expected: string): Result<string> {
  const text = given(flag)
  return text === '' ? invalid(flag, text, expected) : ok(text)
}

function read(given: Given): Result<ServerSettings> {
  const host = textOf(FLAGS.host, given, 'an address')
  if (!host.ok) return host
  const port = countOf(FLAGS.port, given, { least: 0, most: 65_535 })
  if (!port.ok) return port
  const dataDir = textOf(FLAGS.dataDir, given, 'a folder')
  if (!dataDir.ok) return dataDir
  const durability = oneOf(FLAGS.durability, given, ['full', 'normal'])
  if (!durability.ok) return durability
  const logLevel = oneOf(FLAGS.logLevel, given, LOG_LEVELS)
  if (!logLevel.ok) return logLevel
  const docs = oneOf(FLAGS.docs, given, ['on', 'off'])
  if (!docs.ok) return docs
  const insecure = switchOf(FLAGS.insecure, given)
  if (!insecure.ok) return insecure
  const idleMinutes = countOf(FLAGS.idleMinutes, given, { least: 0 })
  if (!idleMinutes.ok) return idleMinutes
  const retainEntries = optionalCount(FLAGS.retainEntries, given, { least: 1 })
  if (!retainEntries.ok) return retainEntries
  const retainDays = optionalCount(FLAGS.retainDays, given, { least: 1 })
  if (!retainDays.ok) return retainDays
  return ok({
    host: host.value,
    port: port.value,
    dataDir: dataDir.value,
    templatesDir: given(FLAGS.templatesDir) || undefined,
    durability: durability.value,
    logLevel: logLevel.value,
    docs: docs.value === 'on',
    insecure: insecure.value,
    idleMinutes: idleMinutes.value,
    retainEntries: retainEntries.value,
    retainDays: retainDays.value,
  })
}

export const SERVER_FLAGS: FlagGroup<ServerSettings, typeof FLAGS> = {
  title: 'The server',
  flags: FLAGS,
  read,
}
