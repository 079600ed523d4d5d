import { ok, type Result } from '@talus/protocol'
import {
  countOf,
  type Flag,
  type FlagGroup,
  type Given,
  invalid,
  oneOf,
  optionalCount,
  switchOf,
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

const SERVER = {
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
    help: 'folder of the database; created if it does not exist',
  },
  templatesDir: {
    name: 'templates-dir',
    variable: 'TALUS_TEMPLATES_DIR',
    fallback: undefined,
    argument: 'DIR',
    help: 'folder of templates (*.yaml); default: the samples of the server',
  },
  durability: {
    name: 'durability',
    variable: 'TALUS_DURABILITY',
    fallback: 'full',
    argument: 'full|normal',
    help: 'full: acknowledged commands survive a power cut; normal: faster, they survive a crash of the process',
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
    help: 'on: serve the documentation at /docs, without authentication',
  },
  insecure: {
    name: 'insecure',
    variable: 'TALUS_INSECURE',
    fallback: 'false',
    argument: '',
    help: 'allow listening beyond loopback without authentication',
  },
  idleMinutes: {
    name: 'idle-minutes',
    variable: 'TALUS_IDLE_MINUTES',
    fallback: '10',
    argument: 'N',
    help: 'minutes after which idle sessions leave memory; 0: never',
  },
  retainEntries: {
    name: 'retain-entries',
    variable: 'TALUS_RETAIN_ENTRIES',
    fallback: undefined,
    argument: 'N',
    help: 'keep the last N entries of each session, and those that --retain-days keeps; default: all',
  },
  retainDays: {
    name: 'retain-days',
    variable: 'TALUS_RETAIN_DAYS',
    fallback: undefined,
    argument: 'N',
    help: 'keep the entries of the last N days, and those that --retain-entries keeps; default: all',
  },
} as const satisfies Record<keyof ServerSettings, Flag>

function textOf(flag: Flag, given: Given, expected: string): Result<string> {
  const text = given(flag)
  return text === '' ? invalid(flag, text, expected) : ok(text)
}

function readServer(given: Given): Result<ServerSettings> {
  const host = textOf(SERVER.host, given, 'an address')
  if (!host.ok) return host
  const port = countOf(SERVER.port, given, { least: 0, most: 65_535 })
  if (!port.ok) return port
  const dataDir = textOf(SERVER.dataDir, given, 'a folder')
  if (!dataDir.ok) return dataDir
  const durability = oneOf(SERVER.durability, given, ['full', 'normal'])
  if (!durability.ok) return durability
  const logLevel = oneOf(SERVER.logLevel, given, LOG_LEVELS)
  if (!logLevel.ok) return logLevel
  const docs = oneOf(SERVER.docs, given, ['on', 'off'])
  if (!docs.ok) return docs
  const insecure = switchOf(SERVER.insecure, given)
  if (!insecure.ok) return insecure
  const idleMinutes = countOf(SERVER.idleMinutes, given, { least: 0 })
  if (!idleMinutes.ok) return idleMinutes
  const retainEntries = optionalCount(SERVER.retainEntries, given, { least: 1 })
  if (!retainEntries.ok) return retainEntries
  const retainDays = optionalCount(SERVER.retainDays, given, { least: 1 })
  if (!retainDays.ok) return retainDays
  return ok({
    host: host.value,
    port: port.value,
    dataDir: dataDir.value,
    templatesDir: given(SERVER.templatesDir) || undefined,
    durability: durability.value,
    logLevel: logLevel.value,
    docs: docs.value === 'on',
    insecure: insecure.value,
    idleMinutes: idleMinutes.value,
    retainEntries: retainEntries.value,
    retainDays: retainDays.value,
  })
}

export const SERVER_FLAGS: FlagGroup<ServerSettings, typeof SERVER> = {
  title: 'The server',
  flags: SERVER,
  read: readServer,
}

/** How the server is watched over. */
export type OperationSettings = {
  /** A listener for nothing but the metrics; 0 lets the system choose the port. */
  metricsListener: { host: string; port: number } | undefined
  /** The bearer token that metrics are read with; undefined: none is asked for on their listener. */
  metricsToken: string | undefined
  /** The file of the audit log; the ordinary log, when absent. */
  auditLog: string | undefined
  /** Where traces go, and which share of them. Nothing is traced when absent. */
  traces: { endpoint: string; ratio: number } | undefined
}

const OPERATION = {
  metricsPort: {
    name: 'metrics-port',
    variable: 'TALUS_METRICS_PORT',
    fallback: undefined,
    argument: 'PORT',
    help: 'a separate port for /metrics, protected by --metrics-token if set; 0 picks a free port',
  },
  metricsHost: {
    name: 'metrics-host',
    variable: 'TALUS_METRICS_HOST',
    fallback: '127.0.0.1',
    argument: 'ADDRESS',
    help: 'address of that port; use loopback or a private network',
  },
  metricsToken: {
    name: 'metrics-token',
    variable: 'TALUS_METRICS_TOKEN',
    fallback: undefined,
    argument: 'TOKEN',
    help: 'token that /metrics requires (Authorization: Bearer), at least 16 characters; prefer the variable',
  },
  auditLog: {
    name: 'audit-log',
    variable: 'TALUS_AUDIT_LOG',
    fallback: undefined,
    argument: 'FILE',
    help: 'file of the audit log, opened again on SIGHUP; the ordinary log when absent',
  },
  otlpEndpoint: {
    name: 'otlp-endpoint',
    variable: 'TALUS_OTLP_ENDPOINT',
    fallback: undefined,
    argument: 'URL',
    help: 'collector of traces (OTLP over HTTP), e.g. http://localhost:4318; no traces when absent',
  },
  traceRatio: {
    name: 'trace-ratio',
    variable: 'TALUS_TRACE_RATIO',
    fallback: '1',
    argument: 'NUMBER',
    help: 'share of requests and commands that are traced, from 0 to 1',
  },
} as const satisfies Record<string, Flag>

function listenerOf(given: Given): Result<OperationSettings['metricsListener']> {
  if (given(OPERATION.metricsPort) === '') return ok(undefined)
  const port = countOf(OPERATION.metricsPort, given, { least: 0, most: 65_535 })
  if (!port.ok) return port
  const host = given(OPERATION.metricsHost)
  if (host === '') return invalid(OPERATION.metricsHost, host, 'an address')
  return ok({ host, port: port.value })
}

/** Fewer characters can be guessed. */
const LEAST_TOKEN = 16

function tokenOf(given: Given): Result<string | undefined> {
  const token = given(OPERATION.metricsToken)
  if (token === '') return ok(undefined)
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= LEAST_TOKEN) return ok(token)
  const expected = `at least ${LEAST_TOKEN} printable characters of ASCII without spaces`
  return invalid(OPERATION.metricsToken, '[redacted]', expected)
}

function tracesOf(given: Given): Result<OperationSettings['traces']> {
  const endpoint = given(OPERATION.otlpEndpoint)
  if (endpoint === '') return ok(undefined)
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : ''
  if (protocol !== 'http:' && protocol !== 'https:') {
    return invalid(OPERATION.otlpEndpoint, endpoint, 'an http or https URL')
  }
  const text = given(OPERATION.traceRatio)
  const ratio = Number(text)
  if (text.trim() === '' || !(ratio >= 0 && ratio <= 1)) {
    return invalid(OPERATION.traceRatio, text, 'a number from 0 to 1')
  }
  return ok({ endpoint, ratio })
}

function readOperation(given: Given): Result<OperationSettings> {
  const metricsListener = listenerOf(given)
  if (!metricsListener.ok) return metricsListener
  const metricsToken = tokenOf(given)
  if (!metricsToken.ok) return metricsToken
  const traces = tracesOf(given)
  if (!traces.ok) return traces
  return ok({
    metricsListener: metricsListener.value,
    metricsToken: metricsToken.value,
    auditLog: given(OPERATION.auditLog) || undefined,
    traces: traces.value,
  })
}

export const OPERATION_FLAGS: FlagGroup<OperationSettings, typeof OPERATION> = {
  title: 'Monitoring',
  flags: OPERATION,
  read: readOperation,
}
