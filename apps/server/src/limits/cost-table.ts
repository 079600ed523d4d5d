import { CLIENT_EVENTS, ROUTES, type RouteName } from '@talus/protocol'
import { EVENT_COSTS, ROUTE_COSTS, type Cost } from './costs.js'

const INTRO = `At most, for one request or event; _a node_, _an entry_ and _a file_ are as large as the limits of
size allow. Times are of one core. Work about many nodes gives others their turn every 6 to 10 ms; what
stays in one piece, such as parsing a body of 1 MB, takes up to 100 ms.
Small reads and events cost what the table says and pass at once; what takes \`max-large-reads\` runs a
few at a time.`

function cells(title: string, { cpu, memory, read, written, limits }: Cost): string[] {
  return [title, cpu, memory, read, written, limits]
}

function routeTitle(name: RouteName): string {
  const { method, path } = ROUTES[name]
  return `\`${method} ${path}\``
}

/** A Markdown table with padded cells, as the formatter writes it. */
function markdown(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

/** What every route and event may cost at most, and by which limits, as Markdown. */
export function costTable(): string {
  const routes = Object.keys(ROUTES) as RouteName[]
  const events = Object.keys(CLIENT_EVENTS) as (keyof typeof CLIENT_EVENTS)[]
  const rows = [
    ['', 'CPU', 'memory', 'read from disk', 'written', 'by which limits'],
    ...routes.map((name) => cells(routeTitle(name), ROUTE_COSTS[name])),
    ...events.map((name) => cells(`\`${name}\``, EVENT_COSTS[name])),
  ]
  return `${INTRO}\n\n${markdown(rows)}`
}
