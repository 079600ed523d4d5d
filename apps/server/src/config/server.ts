import { ok, type Result } from '@talus/protocol'
import {
  count,
  type Given,
  oneOf,
  parsed,
  readGroup,
  REDACTED,
  switchedOn,
  text,
  type ValuesOf,
} from './setting.js'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

function hasProtocol(given: string, protocol: RegExp): boolean {
  return URL.canParse(given) && protocol.test(new URL(given).protocol)
}

function databaseOf(given: string): string | undefined {
  const isDatabase = hasProtocol(given, /^postgres(ql)?:$/) && new URL(given).pathname.length > 1
  return isDatabase ? given : undefined
}

/** Where the server listens, what it stores and how long. */
export const SERVER = {
  host: text(
    'host ADDRESS',
    '127.0.0.1',
    'address to listen on; other than loopback only with authentication or --insecure',
    { expected: 'an address' },
  ),
  port: count(
    'port PORT',
    '5000',
    'port to listen on, 0 to 65535; 0 picks a free port and prints it',
    { most: 65_535 },
  ),
  dataDir: text('data-dir DIR', './data', 'folder of the database; created if it does not exist', {
    expected: 'a folder',
  }),
  databaseUrl: parsed(
    'database-url URL',
    undefined,
    'PostgreSQL database to store the data in, instead of the folder (postgres://user:password@host/name); prefer the variable',
    {
      parse: databaseOf,
      expected: 'a URL such as postgres://user@host:5432/name',
      also: 'DATABASE_URL',
      ...REDACTED,
    },
  ),
  redisUrl: parsed(
    'redis-url URL',
    undefined,
    'Redis for messages between the servers of one database (redis://host:6379); prefer the variable',
    {
      parse: (given) => (hasProtocol(given, /^rediss?:$/) ? given : undefined),
      expected: 'a URL such as redis://host:6379',
      also: 'REDIS_URL',
      ...REDACTED,
    },
  ),
  templatesDir: text(
    'templates-dir DIR',
    undefined,
    'folder of templates (*.yaml, *.yml, *.json); default: the sample templates',
  ),
  durability: oneOf(
    'durability full|normal',
    ['full', 'normal'],
    'full',
    'full: acknowledged commands survive a power cut; normal: faster, they survive only a crash of the process',
  ),
  logLevel: oneOf('log-level LEVEL', LOG_LEVELS, 'info', LOG_LEVELS.join(', ')),
  docs: parsed(
    'docs on|off',
    'on',
    'on: serve the documentation at /docs, without authentication',
    {
      parse: (given) => given === 'on' || (given === 'off' ? false : undefined),
      expected: 'one of on, off',
    },
  ),
  studio: parsed(
    'studio on|off',
    'on',
    'on: serve the studio, a web page to edit and inspect sessions, at /',
    {
      parse: (given) => given === 'on' || (given === 'off' ? false : undefined),
      expected: 'one of on, off',
    },
  ),
  insecure: switchedOn('insecure', 'allow listening beyond loopback without authentication'),
  idleMinutes: count(
    'idle-minutes N',
    '10',
    'minutes after which idle sessions are unloaded from memory; 0: never',
  ),
  drainSeconds: count(
    'drain-seconds N',
    '0',
    'seconds that the server continues after SIGTERM while /ready returns 503, so that balancers send no new clients',
    { most: 3_600 },
  ),
  retainEntries: count(
    'retain-entries N',
    undefined,
    'keep the last N entries of each session, and those that --retain-days keeps; default: all',
    { least: 1 },
  ),
  retainDays: count(
    'retain-days N',
    undefined,
    'keep the entries of the last N days, and those that --retain-entries keeps; default: all',
    { least: 1 },
  ),
}

export type ServerSettings = ValuesOf<typeof SERVER>

/** Fewer characters can be guessed. */
const LEAST_TOKEN = 16

function tokenOf(given: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(given) && given.length >= LEAST_TOKEN ? given : undefined
}

function endpointOf(given: string): string | undefined {
  const protocol = URL.canParse(given) ? new URL(given).protocol : ''
  return protocol === 'http:' || protocol === 'https:' ? given : undefined
}

function ratioOf(given: string): number | undefined {
  const ratio = Number(given)
  return given.trim() !== '' && ratio >= 0 && ratio <= 1 ? ratio : undefined
}

/** How the server is monitored. */
export const OPERATION = {
  metricsPort: count(
    'metrics-port PORT',
    undefined,
    'a separate port for /metrics, protected by --metrics-token if set; 0 picks a free port',
    { most: 65_535 },
  ),
  metricsHost: text(
    'metrics-host ADDRESS',
    '127.0.0.1',
    'address of that port; use loopback or a private network',
    { expected: 'an address' },
  ),
  metricsToken: parsed(
    'metrics-token TOKEN',
    undefined,
    'token that /metrics requires (Authorization: Bearer), at least 16 characters; prefer the variable',
    {
      parse: tokenOf,
      expected: `at least ${LEAST_TOKEN} printable characters of ASCII without spaces`,
      ...REDACTED,
    },
  ),
  auditLog: text(
    'audit-log FILE',
    undefined,
    'file of the audit log, opened again on SIGHUP; the ordinary log when absent',
  ),
  otlpEndpoint: parsed(
    'otlp-endpoint URL',
    undefined,
    'collector of traces (OTLP over HTTP), e.g. http://localhost:4318; no traces when absent',
    { parse: endpointOf, expected: 'an http or https URL' },
  ),
  traceRatio: parsed(
    'trace-ratio NUMBER',
    '1',
    'share of requests and commands that are traced, from 0 to 1',
    { parse: ratioOf, expected: 'a number from 0 to 1' },
  ),
}

export type OperationSettings = {
  /** A listener for nothing but the metrics; 0 lets the system choose the port. */
  metricsListener: { host: string; port: number } | undefined
  /** The bearer token that metrics are read with; undefined: none is asked for on their listener. */
  metricsToken: string | undefined
  auditLog: string | undefined
  /** Where traces go, and which share of them. Nothing is traced when absent. */
  traces: { endpoint: string; ratio: number } | undefined
}

export function readOperation(given: Given): Result<OperationSettings> {
  const read = readGroup(OPERATION, given)
  if (!read.ok) return read
  const { metricsPort: port, metricsHost: host, metricsToken, auditLog } = read.value
  const { otlpEndpoint: endpoint, traceRatio: ratio } = read.value
  return ok({
    metricsListener: port === undefined ? undefined : { host, port },
    metricsToken,
    auditLog,
    traces: endpoint === undefined ? undefined : { endpoint, ratio },
  })
}
