import { readFileSync } from 'node:fs'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { quickApp, type TestApp } from './harness.js'
import { scrape, type Scraped } from './scrape.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

function fileText(name: string): string {
  return readFileSync(new URL(`../../../examples/operate/${name}`, import.meta.url), 'utf8')
}

type Rule = { alert: string; expr: string; annotations: { summary: string; runbook: string } }

function alertRules(): Rule[] {
  const { groups } = parse(fileText('alerts.yml')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

type Panel = { title: string; targets?: { expr: string }[] }

/** The dashboard's expressions, with what Grafana puts in place of its variables. */
function dashboardExpressions(): { title: string; expr: string }[] {
  const { panels } = JSON.parse(fileText('grafana-dashboard.json')) as { panels: Panel[] }
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => {
      const filled = expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*')
      return { title, expr: filled }
    }),
  )
}

/** The metrics that an expression names, and the labels that it asks of any of them. */
function asked(expr: string): { metrics: Set<string>; labels: Set<string>; errors: string[] } {
  const metrics = new Set<string>()
  const labels = new Set<string>()
  const errors: string[] = []
  parser.parse(expr).iterate({
    enter({ type, from, to }) {
      const text = expr.slice(from, to)
      if (type.isError) errors.push(`${expr} at ${from}`)
      if (type.name === 'VectorSelector') metrics.add(/^\w+/.exec(text)?.[0] ?? text)
      if (type.name === 'LabelName') labels.add(text)
    },
  })
  return { metrics, labels, errors }
}

/** A server that has done a little of everything, as Prometheus sees it. */
async function seenAfterTraffic(app: TestApp): Promise<Scraped> {
  const headers = { ...(await bearer('ann')), 'x-session-id': 's' }
  await app.api('POST', '/sessions', { session_id: 's' }, headers)
  await app.api('GET', '/sessions')
  const client = await app.client({ auth: { token: await tokenFor('ann') } })
  await client.join('s')
  await client.execute('s', 'CreateNode', { blueprint_type_id: 't' })
  await client.ask('undo_command', { session_id: 's' })
  const command = { command_type: 'CreateNode', data: { blueprint_type_id: 't' } }
  await app.api('POST', '/commands/preview', command, headers)
  // Collections of garbage are told once there has been one, and the process once it is watched.
  const root = await bearer('root')
  for (;;) {
    const seen = await scrape(app.url, root)
    if (seen.value('nodejs_gc_duration_seconds_count')) return seen
    Array.from({ length: 100_000 }, () => ({}))
  }
}

const WITH_AUTH = { args: ['--jwt-secret', SECRET, '--admins', 'root'] }

/** Added by Prometheus to whatever it scrapes. */
const BY_PROMETHEUS = ['instance', 'job']

function metricsOf(seen: Scraped): Set<string> {
  const declared = [...seen.types].flatMap(([name, type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  )
  return new Set([...declared, 'up'])
}

test('alerts and dashboard are PromQL, and name only what a scrape has', async () => {
  await using app = await quickApp(WITH_AUTH)
  const seen = await seenAfterTraffic(app)
  const known = metricsOf(seen)
  const expressions = [
    ...alertRules().map(({ alert, expr }) => ({ title: alert, expr })),
    ...dashboardExpressions(),
  ]
  expect(expressions.length).toBeGreaterThan(40)
  for (const { title, expr } of expressions) {
    const { metrics, labels, errors } = asked(expr)
    expect([title, errors]).toEqual([title, []])
    expect(metrics.size).toBeGreaterThan(0)
    expect([title, [...metrics].filter((name) => !known.has(name))]).toEqual([title, []])
    const sampled = [...metrics].filter((name) => seen.value(name) !== undefined)
    if (sampled.length === 0) continue
    const offered = new Set([
      ...sampled.flatMap((name) => [...seen.labelsOf(name)]),
      ...BY_PROMETHEUS,
    ])
    expect([title, [...labels].filter((label) => !offered.has(label))]).toEqual([title, []])
  }
})

test('every alert has its own name, says what is wrong, and what to do', () => {
  const rules = alertRules()
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  for (const { alert, annotations } of rules) {
    expect(alert).toMatch(/^Talus[A-Z]/)
    expect(annotations.summary.length).toBeGreaterThan(20)
    expect(annotations.runbook.length).toBeGreaterThan(40)
  }
})

test('prometheus.yml names the alert rules', () => {
  const settings = parse(fileText('prometheus.yml')) as Record<string, unknown>
  expect(settings.rule_files).toEqual(['alerts.yml'])
  expect(settings.scrape_configs).toMatchObject([{ job_name: 'talus' }])
})

type Row = { name: string; type: string; labels: string[]; help: string }

/** The rows of the table in the README. */
function documented(): Row[] {
  const rows = fileText('README.md').matchAll(/^\| `(talus_\w+)` *\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)
  return [...rows].map(([, name = '', type = '', labels = '', help = '']) => ({
    name,
    type: type.trim(),
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    help: help.trim(),
  }))
}

test('the table of metrics is what a scrape says', async () => {
  await using app = await quickApp(WITH_AUTH)
  const seen = await seenAfterTraffic(app)
  const ours = [...seen.types].filter(([name]) => name.startsWith('talus_'))
  const rows = documented()
  const row = ({ name, type, help }: Omit<Row, 'labels'>) => `${name} ${type} ${help}`
  expect(new Set(rows.map(row))).toEqual(
    new Set(ours.map(([name, type]) => row({ name, type, help: seen.help.get(name) ?? '' }))),
  )
  for (const { name, type, labels } of rows) {
    const sample = type === 'histogram' ? `${name}_count` : name
    if (seen.value(sample) === undefined) continue
    expect([name, seen.labelsOf(sample)]).toEqual([name, new Set(labels)])
  }
})
