import { CLIENT_EVENTS, type RouteName, ROUTES } from '@talus/protocol'

/** What the cost of a request depends on, as far as it is known before the work begins. */
export type Extent = {
  nodes: number
  entries: number
  /** Characters of the session as JSON: its last snapshot, and what came since. */
  chars: number
  /** Characters of the largest entry that was met so far. */
  entryChars: number
}

/** What a request says about how much it wants. */
type Wish = { limit?: number; actor?: string; at_seq?: number }

/** What something may cost at most, for the table in SECURITY.md, and what it is charged. */
type Cost = {
  /** One unit is about a millisecond of one core. Undefined: it is not admitted by its work. */
  units?: (extent: Extent, wish: Wish) => number
  cpu: string
  memory: string
  read: string
  written: string
  /** By which limits. */
  limits: string
}

/** A page of a history ends after so many characters, or with the first entry if that is larger. */
export const PAGE_CHARS = 1024 * 1024
/** A page of changes, which are sent as they are stored. */
export const CHANGES_CHARS = 8 * PAGE_CHARS
/** Characters of entries that one request looks through. */
export const LOOK_CHARS = 4 * PAGE_CHARS

/** Nodes or changes that take about a millisecond. */
export const NODES_PER_UNIT = 1_000
const CHARS_PER_UNIT = 100_000

/** To walk through a graph. */
function walk({ nodes }: Extent): number {
  return nodes / NODES_PER_UNIT
}

/** To walk through a graph and to look at every character of it. */
function readAll(extent: Extent): number {
  return walk(extent) + extent.chars / CHARS_PER_UNIT
}

/** To read so many entries, as far as a page goes. */
function entries({ entries: there, entryChars }: Extent, count: number, most: number): number {
  const chars = Math.max(entryChars, Math.min(entryChars * Math.min(there, count), most))
  return chars / CHARS_PER_UNIT
}

/** To look for what somebody did, or for what was done to a node. */
function look(extent: Extent): number {
  return entries(extent, Infinity, LOOK_CHARS)
}

const TURNS = 'turns of 3 ms'
const WORK = 'work-rate-per-user, work-rate-per-session, max-large-reads'
const NONE = '0'

const LOOK_UP: Cost = {
  cpu: '1 ms',
  memory: '100 kB',
  read: '100 kB',
  written: NONE,
  limits: 'request-rate',
}
const CHANGE: Cost = { ...LOOK_UP, written: '1 kB' }
const LIST: Cost = { ...LOOK_UP, cpu: '1 ms for each 1,000 rows' }
const NODE: Cost = {
  ...LOOK_UP,
  cpu: `1 ms for each 100 kB, ${TURNS}`,
  memory: '128 kB beside the node',
  limits: 'request-rate, max-properties, max-value-bytes',
}
const GRAPH: Cost = {
  units: readAll,
  cpu: `1 ms for each 1,000 nodes and each 100 kB, ${TURNS}`,
  memory: '100 bytes a node, 256 kB of text',
  read: NONE,
  written: NONE,
  limits: WORK,
}
const AT_SEQ: Cost = {
  ...GRAPH,
  units: (extent, { at_seq }) => readAll(extent) + (at_seq === undefined ? 0 : pastUnits(extent)),
  cpu: `${GRAPH.cpu}; with at_seq twice that, and the entries since`,
  memory: `${GRAPH.memory}; with at_seq 250 bytes a node and one entry`,
  read: 'with at_seq the entries between, 1 MB at a time',
}
const DIFF: Cost = {
  ...GRAPH,
  units: (extent) => 2 * pastUnits(extent) + walk(extent),
  cpu: `2 ms for each 1,000 nodes, and the entries between, ${TURNS}`,
  memory: '500 bytes a node, one entry and the changes',
  read: 'the entries between, 1 MB at a time',
}
const WALK: Cost = {
  ...GRAPH,
  units: walk,
  cpu: `1 ms for each 1,000 nodes, ${TURNS}`,
  memory: '100 bytes a node',
}
const SEARCH: Cost = {
  ...GRAPH,
  units: readAll,
  cpu: `as much as 1 s, then the page ends, ${TURNS}; 64 kB of query`,
  memory: '100 bytes a node, 1 MB or one match',
}
const PAGE: Cost = {
  units: (extent, { limit = 50, actor }) =>
    actor === undefined ? entries(extent, limit, PAGE_CHARS) : look(extent),
  cpu: `10 ms for each 1 MB, ${TURNS}`,
  memory: '1 MB, or one entry',
  read: '4 MB, or one entry',
  written: NONE,
  limits: WORK,
}
const COMMAND: Cost = {
  cpu: 'in proportion to the nodes that it touches',
  memory: 'the size of its entry',
  read: NONE,
  written: 'its entry',
  limits:
    'command-rate-per-socket, command-rate-per-user, command-rate-per-session, max-batch, max-pending-bytes-per-session',
}
const RESTORE: Cost = { ...COMMAND, cpu: DIFF.cpu, memory: DIFF.memory, read: DIFF.read }
const PREVIEW: Cost = { ...COMMAND, written: NONE }
const FILE: Cost = {
  units: readAll,
  cpu: '1 ms for each 1,000 nodes and each 100 kB',
  memory: 'the file',
  read: 'the file',
  written: 'the file',
  limits: 'max-import-bytes, max-nodes',
}
const IMPORT: Cost = {
  cpu: 'in a thread 1 s for each 10 MB, 30 s at most; beside it as CreateNode of each node',
  memory: 'twice the file, and the graph; 256 MB of the heap of a thread',
  read: NONE,
  written: 'twice the file, and once more as a temporary file',
  limits: 'max-import-bytes, max-import-values, max-nodes, new-session-rate',
}
const TEMPLATE: Cost = {
  ...LOOK_UP,
  cpu: 'in a thread, 10 s at most',
  memory: '256 MB of the heap of a thread',
  limits: 'request-rate, max-message-bytes',
}

/** To fold a former state, or to take back from the present what came later. */
function pastUnits(extent: Extent): number {
  return walk(extent) + extent.entryChars / CHARS_PER_UNIT
}

/** What every route costs. */
export const ROUTE_COSTS: Readonly<Record<RouteName, Cost>> = {
  GetHealth: LOOK_UP,
  GetReady: LOOK_UP,
  CreateSession: { ...CHANGE, limits: 'new-session-rate, max-sessions-per-user' },
  ListSessions: LIST,
  GetSession: LOOK_UP,
  DeleteSession: CHANGE,
  ListMembers: LIST,
  GetMember: LOOK_UP,
  PutMember: CHANGE,
  DeleteMember: CHANGE,
  CreateShareLink: CHANGE,
  ListShareLinks: LIST,
  DeleteShareLink: CHANGE,
  GetGraph: AT_SEQ,
  GetGraphTree: AT_SEQ,
  GetNode: NODE,
  GetAffordances: WALK,
  SearchGraph: SEARCH,
  GetChanges: {
    ...PAGE,
    units: (extent, { limit = 100 }) => entries(extent, limit, CHANGES_CHARS),
    memory: '8 MB, or one entry',
    read: '8 MB, or one entry',
  },
  GetHistory: PAGE,
  GetNodeHistory: { ...PAGE, units: look },
  GetDiff: DIFF,
  ExecuteCommandRoute: COMMAND,
  PreviewCommandRoute: PREVIEW,
  UndoRoute: COMMAND,
  RedoRoute: COMMAND,
  RestoreRoute: RESTORE,
  CreateProject: { ...CHANGE, limits: 'new-session-rate, max-sessions-per-user' },
  ListProjects: LIST,
  GetProject: LOOK_UP,
  DeleteProject: CHANGE,
  SaveProject: FILE,
  LoadProject: FILE,
  ImportProject: IMPORT,
  ExportProject: { ...GRAPH, memory: FILE.memory },
  ListTemplates: LOOK_UP,
  GetTemplateSchema: LOOK_UP,
  ValidateTemplate: TEMPLATE,
}

type ClientEvent = keyof typeof CLIENT_EVENTS

const MESSAGE: Cost = { ...LOOK_UP, read: NONE, limits: 'message-rate-per-socket' }

/** What every event of a client costs. */
export const EVENT_COSTS: Readonly<Record<ClientEvent, Cost>> = {
  ping: MESSAGE,
  authenticate: { ...MESSAGE, limits: 'message-rate-per-socket, failed-login-rate' },
  join_session: {
    units: (extent, { limit = 0 }) => entries(extent, limit, PAGE_CHARS),
    cpu: '4 ms for 1 MB of missed entries, 20 ms for the first of a crowd',
    memory: '1 MB of missed entries; beyond that a snapshot is required',
    read: '1 MB, or one entry',
    written: NONE,
    limits: `message-rate-per-socket, ${WORK}`,
  },
  leave_session: MESSAGE,
  update_presence: { ...MESSAGE, limits: 'message-rate-per-socket, presence-rate' },
  execute_command: COMMAND,
  preview_command: PREVIEW,
  undo_command: COMMAND,
  redo_command: COMMAND,
}

const INTRO = `Upper bounds for one request or event; _a node_, _an entry_ and _a file_ are as large as the size limits
allow. Times are of one core. Work on many nodes yields to other clients every 3 to 10 ms; work that runs
in one piece, such as parsing a body of 1 MB, takes up to 100 ms, and up to 0.4 s when the body holds
tens of thousands of objects with a key of their own each. Small reads and events pass at once; requests
that count against \`max-large-reads\` run a few at a time.`

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
