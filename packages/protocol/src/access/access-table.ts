import { COMMANDS, type CommandType } from '../commands/index.js'
import type { Namespace, Role, Scope } from '../define.js'
import type { ErrorCode } from '../errors.js'
import { CLIENT_EVENTS, GRAPH_CLIENT_EVENTS } from '../events/client/index.js'
import { ROLES } from '../model/member.js'
import type { RouteName } from '../route-types.js'
import { ROUTES } from '../routes/index.js'

/** Somebody who asks: what speaks for them, and their role in the session that is asked about. */
export type VisitorKind = { proof: 'none' | 'link' | 'token'; role: Role | null }

/** Everybody whom the access table tells apart; an administrator owns every session (rule AUTH3). */
export const VISITORS = {
  nobody: { proof: 'none', role: null },
  stranger: { proof: 'token', role: null },
  'viewer link': { proof: 'link', role: 'viewer' },
  'commenter link': { proof: 'link', role: 'commenter' },
  'editor link': { proof: 'link', role: 'editor' },
  viewer: { proof: 'token', role: 'viewer' },
  commenter: { proof: 'token', role: 'commenter' },
  editor: { proof: 'token', role: 'editor' },
  owner: { proof: 'token', role: 'owner' },
  administrator: { proof: 'token', role: 'owner' },
} as const satisfies Record<string, VisitorKind>

export type VisitorName = keyof typeof VISITORS

/** What comes of asking: it is done, or refused with this code. */
export type Outcome = 'allowed' | Extract<ErrorCode, 'UNAUTHORIZED' | 'FORBIDDEN'>

/** What is asked for: the least role, and what that role is about. */
export type Need = { requires: Role; scope: Scope }

/** The one rule of access (rules AUTH2, AUTH3, AUTH5): what comes of it when this visitor asks. */
export function outcomeFor({ proof, role }: VisitorKind, { requires, scope }: Need): Outcome {
  if (scope === 'open') return 'allowed'
  if (proof === 'none') return 'UNAUTHORIZED'
  // A link speaks for its session only, and an identity alone is enough where there is no session.
  if (scope === 'user') return proof === 'link' ? 'FORBIDDEN' : 'allowed'
  if (role === null) return 'FORBIDDEN'
  return ROLES.indexOf(role) >= ROLES.indexOf(requires) ? 'allowed' : 'FORBIDDEN'
}

type ClientEventName = keyof typeof CLIENT_EVENTS

/** What can be asked for. A command is asked for by REST and in both namespaces alike. */
export type AccessSubject =
  | { kind: 'route'; name: RouteName }
  | { kind: 'handshake'; namespace: Namespace }
  | { kind: 'event'; namespace: Namespace; name: ClientEventName }
  | { kind: 'command'; name: CommandType }

/** What can be asked for, the role that it needs, and what comes of it for each visitor. */
export type AccessRow = {
  subject: AccessSubject
  /** Whether this is the request that reaches for the steps of others: a row of its own. */
  elevated: boolean
  need: Need
  outcomes: Record<VisitorName, Outcome>
}

/** With `scope: 'session'` or `force` these need more than they declare (rules UNDO1, UNDO3). */
const ELEVATED: Need = { requires: 'owner', scope: 'session' }
const CAN_BE_ELEVATED: readonly string[] = [
  'UndoRoute',
  'RedoRoute',
  'undo_command',
  'redo_command',
] satisfies (RouteName | ClientEventName)[]

/** Entering `/` takes an identity, or a link, and no role yet; entering `/graph` is joining. */
const HANDSHAKES: Record<Namespace, Need> = {
  '/': { requires: 'viewer', scope: 'open' },
  '/graph': { requires: 'viewer', scope: 'session' },
}

function outcomes(decide: (visitor: VisitorName) => Outcome): Record<VisitorName, Outcome> {
  const names = Object.keys(VISITORS) as VisitorName[]
  return Object.fromEntries(names.map((name) => [name, decide(name)])) as ReturnType<
    typeof outcomes
  >
}

function enters(visitor: VisitorName, namespace: Namespace): Outcome {
  if (VISITORS[visitor].proof === 'none') return 'UNAUTHORIZED'
  return outcomeFor(VISITORS[visitor], HANDSHAKES[namespace])
}

/** Who does not come in asks for nothing. */
function throughSocket(visitor: VisitorName, namespace: Namespace, need: Need): Outcome {
  const entered = enters(visitor, namespace)
  return entered === 'allowed' ? outcomeFor(VISITORS[visitor], need) : entered
}

function comesOf(subject: AccessSubject, need: Need): AccessRow['outcomes'] {
  switch (subject.kind) {
    case 'route':
    case 'command':
      return outcomes((visitor) => outcomeFor(VISITORS[visitor], need))
    case 'handshake':
      return outcomes((visitor) => enters(visitor, subject.namespace))
    case 'event':
      return outcomes((visitor) => throughSocket(visitor, subject.namespace, need))
    default:
      return subject satisfies never
  }
}

function rowsOf(subject: AccessSubject, { requires, scope }: Need): AccessRow[] {
  const need = { requires, scope }
  const row = { subject, elevated: false, need, outcomes: comesOf(subject, need) }
  if (!('name' in subject) || !CAN_BE_ELEVATED.includes(subject.name)) return [row]
  return [row, { subject, elevated: true, need: ELEVATED, outcomes: comesOf(subject, ELEVATED) }]
}

function namespaceRows(namespace: Namespace, events: Partial<typeof CLIENT_EVENTS>): AccessRow[] {
  const handshake = rowsOf({ kind: 'handshake', namespace }, HANDSHAKES[namespace])
  const rest = Object.values(events).flatMap((event) =>
    rowsOf({ kind: 'event', namespace, name: event.name }, event),
  )
  return [...handshake, ...rest]
}

/**
 * Access control with authentication: a row for each route, handshake, client event and command of
 * the contract. `ACCESS.md` shows it, and the tests of the server walk all of it.
 */
export const ACCESS_TABLE: readonly AccessRow[] = [
  ...(Object.keys(ROUTES) as RouteName[]).flatMap((name) =>
    rowsOf({ kind: 'route', name }, ROUTES[name]),
  ),
  ...namespaceRows('/', CLIENT_EVENTS),
  ...namespaceRows('/graph', GRAPH_CLIENT_EVENTS),
  ...Object.values(COMMANDS).flatMap(({ type, requires }) =>
    rowsOf({ kind: 'command', name: type }, { requires, scope: 'session' }),
  ),
]
