import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The metrics of one app, and those of the process that it runs in. */
export type Metrics = {
  instruments: Instruments
  /** Adds what is only read. Called once. */
  expose: (readings: Readings) => void
  /** Everything in Prometheus' text format. */
  scrape: () => Promise<Scrape>
}

export type Scrape = { contentType: string; text: string }

let ofProcess: Registry | undefined

/**
 * CPU, memory, handles, garbage collection and the delay of the event loop. They are the process's,
 * however many apps it runs, and their observers cannot be taken away again: there is one set of
 * them, which starts with the first scrape, so that servers nobody scrapes do not pay for it.
 */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  return {
    instruments: createInstruments(registry),
    expose: (readings) => exposeReadings(registry, readings),
    async scrape() {
      const texts = await Promise.all([registry.metrics(), processRegistry().metrics()])
      return { contentType: registry.contentType, text: texts.join('\n') }
    },
  }
}

/** Seconds: from what a command in memory takes to what a struggling disk takes. */
const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Seconds of work that keeps the event loop. */
const WORK_SECONDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1]

/** Commands in a group, clients in a room. */
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

/** What is counted and timed where it happens. Labels come from closed tables, never from ids. */
export type Instruments = ReturnType<typeof createInstruments>

function createInstruments(registry: Registry) {
  const counter = <const L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const histogram = <const L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ) => new Histogram({ name, help, buckets, labelNames, registers: [registry] })
  return {
    commands: counter(
      'talus_commands_total',
      'Commands answered: ok, duplicate or an error code.',
      ['door', 'type', 'result'],
    ),
    commandSeconds: histogram(
      'talus_command_seconds',
      'From receiving a command to its acknowledgement.',
      SECONDS,
      ['door'],
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
    appendConflicts: counter(
      'talus_append_conflicts_total',
      'Batches of a session that were planned again because another server had appended first.',
    ),
    followed: counter(
      'talus_followed_total',
      'Times that a session applied entries of another server: announced (push), or found in the journal (poll).',
      ['by'],
    ),
    strayPolls: counter(
      'talus_stray_polls_total',
      'Long-polling requests without a connection on this server: it has ended, or is on another server.',
    ),
    journalFaults: counter(
      'talus_journal_faults_total',
      'Failures of storage, by fault: disk, checkpoint, stuck, older or connection.',
      ['fault'],
    ),
    publishSeconds: histogram(
      'talus_publish_seconds',
      'Encoding commits of a session into packets for its room.',
      WORK_SECONDS,
    ),
    publicationClients: histogram(
      'talus_publication_clients',
      'Clients that receive a publication.',
      [0, ...SIZES],
    ),
    authentications: counter(
      'talus_authentications_total',
      'Authentications, by result: ok or an error code.',
      ['result'],
    ),
    denials: counter('talus_denials_total', 'Denied requests, as in the audit log.', [
      'event',
      'code',
    ]),
    evictions: counter('talus_evictions_total', 'Clients disconnected by the server, by reason.', [
      'reason',
    ]),
    requests: counter('talus_http_requests_total', 'REST requests answered.', [
      'method',
      'route',
      'status',
    ]),
    requestSeconds: histogram(
      'talus_http_request_seconds',
      'From a request to its response.',
      SECONDS,
      ['route'],
    ),
  }
}

type Answered = { method: string; route: string; status: number; seconds: number }

/** Counts and times REST requests. */
export function requestMeter({ requests, requestSeconds }: Instruments) {
  return ({ method, route, status, seconds }: Answered): void => {
    requests.inc({ method, route, status })
    requestSeconds.observe({ route }, seconds)
  }
}

/** One value of a metric, under its labels. */
type Reading<L extends string> = { labels: Record<L, string>; value: number }

/** What the parts know of themselves, read when somebody scrapes and at no other time. */
type Readings = {
  buildInfo: { version: string; protocol: string }
  connections: () => Reading<'namespace' | 'transport'>[]
  openSessions: () => number
  rooms: () => number
  clients: () => number
  bufferedBytes: () => number
  fanOut: () => { direct: number; queued: number; packets: number; bytes: number }
  presenceUpdates: () => number
  /** Undefined: the journal does not answer. */
  journal: () => Promise<{ staged: number; bytes: number } | undefined>
  isReady: () => Promise<boolean>
  /** Other servers that are heard of, and whether this one gets through to them. */
  cluster: () => { nodes: number; isConnected: boolean }
}

type Name = { name: string; help: string }

function gauge(registry: Registry, named: Name, read: () => number): void {
  new Gauge({
    ...named,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

/** A count that a part keeps as a plain number. */
function total(registry: Registry, named: Name, read: () => number): void {
  new Counter({
    ...named,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

function clientMetrics(registry: Registry, readings: Readings): void {
  new Gauge({
    name: 'talus_connections',
    help: 'Connected sockets.',
    labelNames: ['namespace', 'transport'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, value } of readings.connections()) this.set(labels, value)
    },
  })
  const { openSessions, rooms, clients, presenceUpdates } = readings
  gauge(registry, { name: 'talus_sessions_open', help: 'Sessions in memory.' }, openSessions)
  gauge(registry, { name: 'talus_rooms', help: 'Sessions with clients.' }, rooms)
  gauge(
    registry,
    { name: 'talus_room_clients', help: 'Memberships of clients in sessions.' },
    clients,
  )
  const updates = { name: 'talus_presence_updates_total', help: 'Presence updates accepted.' }
  total(registry, updates, presenceUpdates)
}

function fanOutMetrics(registry: Registry, { fanOut, bufferedBytes }: Readings): void {
  new Counter({
    name: 'talus_fanout_writes_total',
    help: 'Writes to clients: direct to the TCP socket, or queued in Engine.IO.',
    labelNames: ['path'],
    registers: [registry],
    collect() {
      const { direct, queued } = fanOut()
      this.reset()
      this.inc({ path: 'direct' }, direct)
      this.inc({ path: 'queued' }, queued)
    },
  })
  const packets = { name: 'talus_fanout_packets_total', help: 'Packets written to clients.' }
  total(registry, packets, () => fanOut().packets)
  const bytes = { name: 'talus_fanout_bytes_total', help: 'Bytes written to clients.' }
  total(registry, bytes, () => fanOut().bytes)
  const waiting = { name: 'talus_buffered_bytes', help: 'Bytes buffered for slow clients.' }
  gauge(registry, waiting, bufferedBytes)
}

/** A value that may be missing: then there is none, rather than an old one. */
function measured(registry: Registry, named: Name, read: () => Promise<number | undefined>): void {
  new Gauge({
    ...named,
    registers: [registry],
    async collect() {
      const value = await read()
      if (value === undefined) this.remove()
      else this.set(value)
    },
  })
}

function journalMetrics(registry: Registry, { journal, isReady }: Readings): void {
  const staged = 'Durable entries and receipts that are not indexed yet.'
  const size = 'Size of the database file, without its log.'
  measured(registry, { name: 'talus_journal_staged_entries', help: staged }, async () => {
    return (await journal())?.staged
  })
  measured(registry, { name: 'talus_journal_bytes', help: size }, async () => {
    return (await journal())?.bytes
  })
  const ready = '1 while commands are accepted and the journal responds, else 0.'
  measured(registry, { name: 'talus_ready', help: ready }, async () => ((await isReady()) ? 1 : 0))
}

function clusterMetrics(registry: Registry, { cluster }: Readings): void {
  const nodes = {
    name: 'talus_cluster_nodes',
    help: 'Other servers that this one receives messages from.',
  }
  gauge(registry, nodes, () => cluster().nodes)
  const connected = {
    name: 'talus_cluster_connected',
    help: '1 while messages to other servers go through Redis, else 0.',
  }
  gauge(registry, connected, () => (cluster().isConnected ? 1 : 0))
}

/** Registers everything that is read at the time of a scrape. */
function exposeReadings(registry: Registry, readings: Readings): void {
  const { version, protocol } = readings.buildInfo
  new Gauge({
    name: 'talus_build_info',
    help: 'Always 1; the labels have the versions.',
    labelNames: ['version', 'protocol'],
    registers: [registry],
  }).set({ version, protocol }, 1)
  clientMetrics(registry, readings)
  fanOutMetrics(registry, readings)
  journalMetrics(registry, readings)
  clusterMetrics(registry, readings)
}
