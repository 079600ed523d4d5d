import { Counter, type Registry } from 'prom-client'
import { Distributions } from './distribution.js'
import { Tallies } from './tally.js'

/** Seconds: from what a command in memory takes to what a struggling disk takes. */
const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Seconds of work that keeps the event loop. */
const WORK_SECONDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1]

/** Commands in a group, clients in a room. */
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

/** What is counted and timed where it happens. Labels come from closed tables, never from ids. */
export type Instruments = ReturnType<typeof createInstruments>

export function createInstruments(registry: Registry) {
  const counter = <const L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const histogramBy = (name: string, help: string, buckets: number[]) =>
    new Distributions(registry, { name, help, buckets })
  const histogram = (name: string, help: string, buckets: number[]) =>
    histogramBy(name, help, buckets).labels()
  return {
    commands: new Tallies(registry, {
      name: 'talus_commands_total',
      help: 'Commands answered: ok, duplicate or an error code.',
      labelNames: ['door', 'type', 'result'],
    }),
    commandSeconds: histogramBy(
      'talus_command_seconds',
      'From a command to its acknowledgement.',
      SECONDS,
    ),
    previews: counter('talus_previews_total', 'Previews answered.', ['door', 'result']),
    reverts: counter('talus_reverts_total', 'Undo and redo: applied, partial, noop or an error.', [
      'kind',
      'outcome',
    ]),
    planSeconds: histogram(
      'talus_plan_seconds',
      'Planning a command; one in 16 is timed.',
      WORK_SECONDS,
    ),
    appendSeconds: histogram(
      'talus_append_seconds',
      'Making a group of commands durable.',
      SECONDS,
    ),
    appendCommands: histogram('talus_append_commands', 'Commands in a group.', SIZES),
    appendSessions: histogram('talus_append_sessions', 'Sessions in a group.', SIZES),
    appendFailures: counter(
      'talus_append_failures_total',
      'Groups that could not be made durable.',
    ),
    journalFaults: counter(
      'talus_journal_faults_total',
      'Failures of storage, by fault: disk, checkpoint, stuck or older.',
      ['fault'],
    ),
    publishSeconds: histogram(
      'talus_publish_seconds',
      'Turning what a session committed into packets for its room.',
      WORK_SECONDS,
    ),
    publicationClients: histogram(
      'talus_publication_clients',
      'Clients that a publication is for.',
      [0, ...SIZES],
    ),
    authentications: counter(
      'talus_authentications_total',
      'Callers received, by result: ok or an error code.',
      ['result'],
    ),
    denials: counter('talus_denials_total', 'What was refused to somebody, as in the audit log.', [
      'event',
      'code',
    ]),
    evictions: counter('talus_evictions_total', 'Clients let go, by reason.', ['reason']),
    requests: counter('talus_http_requests_total', 'REST requests answered.', [
      'method',
      'route',
      'status',
    ]),
    requestSeconds: histogramBy(
      'talus_http_request_seconds',
      'From a request to its answer.',
      SECONDS,
    ),
  }
}
