import { Counter, Gauge, type Registry } from 'prom-client'

/** One value of a metric, under its labels. */
export type Reading<L extends string> = { labels: Record<L, string>; value: number }

/** What the parts know of themselves, read when somebody scrapes and at no other time. */
export type Readings = {
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
    help: 'Sockets that are connected.',
    labelNames: ['namespace', 'transport'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, value } of readings.connections()) this.set(labels, value)
    },
  })
  const { openSessions, rooms, clients, presenceUpdates } = readings
  gauge(registry, { name: 'talus_sessions_open', help: 'Sessions in memory.' }, openSessions)
  gauge(registry, { name: 'talus_rooms', help: 'Sessions that clients are in.' }, rooms)
  gauge(registry, { name: 'talus_room_clients', help: 'Clients in sessions.' }, clients)
  const updates = { name: 'talus_presence_updates_total', help: 'Presence updates taken.' }
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
  const waiting = { name: 'talus_buffered_bytes', help: 'Bytes that wait for slow clients.' }
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
  const staged = 'Durable entries and receipts that have not moved to their tables yet.'
  const size = 'Size of the database file, without its log.'
  measured(registry, { name: 'talus_journal_staged_entries', help: staged }, async () => {
    return (await journal())?.staged
  })
  measured(registry, { name: 'talus_journal_bytes', help: size }, async () => {
    return (await journal())?.bytes
  })
  const ready = '1 while commands are taken and the journal answers, else 0.'
  measured(registry, { name: 'talus_ready', help: ready }, async () => ((await isReady()) ? 1 : 0))
}

/** Registers everything that is read at the time of a scrape. */
export function exposeReadings(registry: Registry, readings: Readings): void {
  const { version, protocol } = readings.buildInfo
  new Gauge({
    name: 'talus_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'protocol'],
    registers: [registry],
  }).set({ version, protocol }, 1)
  clientMetrics(registry, readings)
  fanOutMetrics(registry, readings)
  journalMetrics(registry, readings)
}
