import { useCallback } from 'react'
import { useClient } from '../account/account.js'
import { useLoaded } from '../parts/loaded.js'
import { TopBar } from '../start/top-bar.js'
import { Chart, type Line } from './chart.js'
import { quantile, rate, type Scrape } from './metrics.js'
import { useMetrics, type Refused } from './use-metrics.js'

const perSecond = (value: number) =>
  value >= 10 || value === 0 ? `${Math.round(value)}/s` : `${value.toFixed(1)}/s`

function duration(seconds: number): string {
  if (seconds === 0) return '0 ms'
  if (seconds < 0.01) return `${(seconds * 1_000).toFixed(1)} ms`
  return seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds.toFixed(1)} s`
}

function bytes(value: number): string {
  if (value === 0) return '0 kB'
  if (value < 1e6) return `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)} kB`
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`
}

const whole = (value: number) => Math.round(value).toLocaleString('en')

const [FIRST, SECOND, THIRD] = ['--accent', '--careful', '--problem']

type Reading = (before: Scrape, after: Scrape) => number | null

const rateOf =
  (name: string): Reading =>
  (before, after) =>
    rate(before, after, name)

const quantileOf =
  (name: string, part: number): Reading =>
  (before, after) =>
    quantile(before, after, { name, part })

const valueOf =
  (name: string): Reading =>
  (_, after) =>
    after.sum(name)

type Plan = { label: string; color: string; read: Reading }

const CHARTS: readonly {
  title: string
  say: (value: number) => string
  lines: readonly Plan[]
}[] = [
  {
    title: 'Commands',
    say: perSecond,
    lines: [{ label: 'executed or refused', color: FIRST, read: rateOf('talus_commands_total') }],
  },
  {
    title: 'Time of a command',
    say: duration,
    lines: [
      { label: 'p50', color: FIRST, read: quantileOf('talus_command_seconds', 0.5) },
      { label: 'p95', color: SECOND, read: quantileOf('talus_command_seconds', 0.95) },
      { label: 'p99', color: THIRD, read: quantileOf('talus_command_seconds', 0.99) },
    ],
  },
  {
    title: 'Clients',
    say: whole,
    lines: [
      { label: 'connections', color: FIRST, read: valueOf('talus_connections') },
      { label: 'in sessions', color: SECOND, read: valueOf('talus_room_clients') },
    ],
  },
  {
    title: 'Event loop, delay',
    say: duration,
    lines: [
      { label: 'p50', color: FIRST, read: valueOf('nodejs_eventloop_lag_p50_seconds') },
      { label: 'p99', color: SECOND, read: valueOf('nodejs_eventloop_lag_p99_seconds') },
    ],
  },
  {
    title: 'Journal, time of an append',
    say: duration,
    lines: [
      { label: 'p50', color: FIRST, read: quantileOf('talus_append_seconds', 0.5) },
      { label: 'p99', color: SECOND, read: quantileOf('talus_append_seconds', 0.99) },
    ],
  },
  {
    title: 'Written to clients',
    say: (value) => `${bytes(value)}/s`,
    lines: [{ label: 'bytes', color: FIRST, read: rateOf('talus_fanout_bytes_total') }],
  },
]

const FACTS: readonly { label: string; name: string; say: (value: number) => string }[] = [
  { label: 'Sessions in memory', name: 'talus_sessions_open', say: whole },
  { label: 'Journal', name: 'talus_journal_bytes', say: bytes },
  { label: 'Memory', name: 'process_resident_memory_bytes', say: bytes },
  { label: 'Waiting for slow clients', name: 'talus_buffered_bytes', say: bytes },
]

function linesOf(plans: readonly Plan[], scrapes: readonly Scrape[]): Line[] {
  return plans.map(({ label, color, read }) => ({
    label,
    color,
    values: scrapes.slice(1).map((after, at) => {
      const before = scrapes[at]
      return before ? read(before, after) : null
    }),
  }))
}

/** How the server is doing, by its own metrics. */
export function ServerPage() {
  const client = useClient()
  const { value: health } = useLoaded(useCallback(() => client.rest.getHealth(), [client]))
  const { scrapes, refused } = useMetrics()
  const last = scrapes.at(-1)
  const times = scrapes.slice(1).map(({ at }) => at / 1_000)
  return (
    <>
      <TopBar />
      <main className="server">
        <div className="server-head">
          <h1>Server</h1>
          {health && (
            <p className="quiet">
              Version {health.server_version}, protocol {health.protocol_version}, up since{' '}
              {new Date(Date.now() - health.uptime_seconds * 1_000).toLocaleString()}
            </p>
          )}
        </div>
        {refused ? <Refusal {...refused} /> : null}
        {last && (
          <>
            <dl className="tiles">
              {FACTS.map(({ label, name, say }) => {
                const value = last.sum(name)
                return (
                  <div key={name} className="tile card">
                    <dt>{label}</dt>
                    <dd>{value === null ? '–' : say(value)}</dd>
                  </div>
                )
              })}
            </dl>
            <div className="charts">
              {CHARTS.map(({ title, say, lines }) => (
                <Chart
                  key={title}
                  title={title}
                  say={say}
                  times={times}
                  lines={linesOf(lines, scrapes)}
                />
              ))}
            </div>
          </>
        )}
      </main>
    </>
  )
}

function Refusal({ status, reason }: Refused) {
  const isClosed = status === 401 || status === 403
  return (
    <section className="card" role="alert">
      <h2>{isClosed ? 'The metrics are not open to you' : 'There are no metrics'}</h2>
      <p>{reason}</p>
      {isClosed && (
        <p className="quiet">
          Where people sign in, metrics are for administrators, or for whoever has the token that
          was set for them.
        </p>
      )}
    </section>
  )
}
