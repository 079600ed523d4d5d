import { ROUTES } from '../routes/index.js'
import {
  ACCESS_TABLE,
  type AccessRow,
  type AccessSubject,
  VISITORS,
  type VisitorName,
} from './access-table.js'

const INTRO = `# Access control

Generated from the contract by \`pnpm generate\`; rules AUTH2 to AUTH5 of [PROTOCOL.md](PROTOCOL.md) in one table. It applies when authentication is on. A server test checks every cell: an allowed request succeeds; a denied one fails with the code shown, changes nothing, and reveals nothing about the session to the caller or to the room.

- _nobody_ has no token, a _stranger_ has a token and no role in the session, a _link_ is a share link without a token, an _administrator_ is named by the operator.
- A request that needs \`anyone\` reveals nothing about any session. One that needs \`a token\` creates something for its caller or lists what the caller has. A role is the role in the session, or in the session of the project, that the request names.
- A client that fails the handshake cannot send events.
- _elevated_ is an undo or redo with \`scope: 'session'\` or \`force: true\`, which can take back the steps of others.
- Three outcomes depend on the request: members may give up their own role (\`DeleteMember\`), creating a session whose id is taken by a session of others is FORBIDDEN (\`CreateSession\`), and loading into a session needs the role in that session as well (\`LoadProject\`).
- A session or project that does not exist is SESSION_NOT_FOUND or PROJECT_NOT_FOUND to a caller with a token.`

const NAMES = Object.keys(VISITORS) as VisitorName[]

function titleOf(subject: AccessSubject): string {
  switch (subject.kind) {
    case 'route':
      return `\`${ROUTES[subject.name].method} ${ROUTES[subject.name].path}\``
    case 'handshake':
      return 'the handshake'
    case 'event':
    case 'command':
      return `\`${subject.name}\``
    default:
      return subject satisfies never
  }
}

function needOf({ need: { requires, scope }, subject }: AccessRow): string {
  if (subject.kind === 'handshake' && subject.namespace === '/') return 'a token or a link'
  if (scope === 'open') return 'anyone'
  return scope === 'user' ? 'a token' : requires
}

function cellsOf(row: AccessRow): string[] {
  const title = `${titleOf(row.subject)}${row.elevated ? ', elevated' : ''}`
  return [title, needOf(row), ...NAMES.map((name) => row.outcomes[name])]
}

/** A Markdown table with padded cells, as the formatter writes it. */
function markdown(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

function section(title: string, belongs: (subject: AccessSubject) => boolean): string {
  const rows = ACCESS_TABLE.filter(({ subject }) => belongs(subject)).map(cellsOf)
  return `## ${title}\n\n${markdown([['', 'needs', ...NAMES], ...rows])}`
}

/** The access table as the text of `ACCESS.md`. */
export function accessText(): string {
  const sections = [
    section('REST, below `/api/v1`', ({ kind }) => kind === 'route'),
    section('Namespace `/`', (subject) => 'namespace' in subject && subject.namespace === '/'),
    section(
      'Namespace `/graph`',
      (subject) => 'namespace' in subject && subject.namespace === '/graph',
    ),
    section('Commands, through any of the three', ({ kind }) => kind === 'command'),
  ]
  return `${[INTRO, ...sections].join('\n\n')}\n`
}
