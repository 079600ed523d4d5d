import { ok, type Result } from '@talus/protocol'
import { countOf, invalid, type Flag, type FlagGroup, type Given } from './flag.js'

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

const FLAGS = {
  metricsPort: {
    name: 'metrics-port',
    variable: 'TALUS_METRICS_PORT',
    fallback: undefined,
    argument: 'PORT',
    help: 'a listener of its own for /metrics, for whoever reaches it and has --metrics-token; 0 picks a free port',
  },
  metricsHost: {
    name: 'metrics-host',
    variable: 'TALUS_METRICS_HOST',
    fallback: '127.0.0.1',
    argument: 'ADDRESS',
    help: 'address of that listener; of a private network at most',
  },
  metricsToken: {
    name: 'metrics-token',
    variable: 'TALUS_METRICS_TOKEN',
    fallback: undefined,
    argument: 'TOKEN',
    help: 'token that /metrics asks for (Authorization: Bearer), 16 characters at least; better in the variable',
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
  if (given(FLAGS.metricsPort) === '') return ok(undefined)
  const port = countOf(FLAGS.metricsPort, given, { least: 0, most: 65_535 })
  if (!port.ok) return port
  const host = given(FLAGS.metricsHost)
  if (host === '') return invalid(FLAGS.metricsHost, host, 'an address')
  return ok({ host, port: port.value })
}

/** Fewer characters can be guessed. */
const LEAST_TOKEN = 16

function tokenOf(given: Given): Result<string | undefined> {
  const token = given(FLAGS.metricsToken)
  if (token === '') return ok(undefined)
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= LEAST_TOKEN) return ok(token)
  const expected = `at least ${LEAST_TOKEN} printable characters of ASCII without spaces`
  return invalid(FLAGS.metricsToken, '[redacted]', expected)
}

function tracesOf(given: Given): Result<OperationSettings['traces']> {
  const endpoint = given(FLAGS.otlpEndpoint)
  if (endpoint === '') return ok(undefined)
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : ''
  if (protocol !== 'http:' && protocol !== 'https:') {
    return invalid(FLAGS.otlpEndpoint, endpoint, 'an http or https URL')
  }
  const text = given(FLAGS.traceRatio)
  const ratio = Number(text)
  if (text.trim() === '' || !(ratio >= 0 && ratio <= 1)) {
    return invalid(FLAGS.traceRatio, text, 'a number from 0 to 1')
  }
  return ok({ endpoint, ratio })
}

function read(given: Given): Result<OperationSettings> {
  const metricsListener = listenerOf(given)
  if (!metricsListener.ok) return metricsListener
  const metricsToken = tokenOf(given)
  if (!metricsToken.ok) return metricsToken
  const traces = tracesOf(given)
  if (!traces.ok) return traces
  return ok({
    metricsListener: metricsListener.value,
    metricsToken: metricsToken.value,
    auditLog: given(FLAGS.auditLog) || undefined,
    traces: traces.value,
  })
}

export const OPERATION_FLAGS: FlagGroup<OperationSettings, typeof FLAGS> = {
  title: 'Watching over it',
  flags: FLAGS,
  read,
}
