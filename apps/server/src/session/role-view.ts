import { jsonInSteps, type Permissions, type RoleView } from '@talus/graph'
import type { Ack } from '@talus/protocol'
import { holdsIn } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import type { EntryText } from '../journal/entry-text.js'
import { entryPieces } from './entry-pieces.js'
import type { LiveSession } from './live-session.js'

/** Whose role in the session is not known has the least. */
function roleIn(caller: Caller, { record }: LiveSession) {
  return (holdsIn(caller, record.session_id).ok && caller.role) || 'viewer'
}

/** What a caller sees of a session; null: everything (rule VIEW1). */
export function viewOf(caller: Caller, session: LiveSession): RoleView | null {
  return session.rules && session.rules.viewOf(roleIn(caller, session))
}

/** What a caller may do in a session; undefined: everything (rule ACC2). */
export function permissionsOf(caller: Caller, session: LiveSession): Permissions | undefined {
  const role = roleIn(caller, session)
  // No rule asks for more than an owner.
  return role === 'owner' ? undefined : session.rules?.permissionsOf(role)
}

/** The answer to an undo or redo, as its caller sees it: what was left alone may be hidden. */
export function ackFor(caller: Caller, session: LiveSession, ack: Ack): Ack {
  const view = viewOf(caller, session)
  if (!view || !ack.ok || !ack.undo) return ack
  const { status, skipped } = ack.undo
  const shown = session.withDurable(({ graph }) =>
    view.skipped(skipped, (node_id) => graph.record(node_id)?.blueprint_type_id),
  )
  return { ...ack, undo: { status, skipped: shown } }
}

/**
 * A stored entry as a role sees it, as JSON in pieces; an undefined is a piece of work without text.
 * The changes go first: what else is told depends on them.
 */
export function* viewedEntry(body: EntryText, view: RoleView): Generator<string | undefined> {
  yield '{"changes":['
  let [comma, nodeComma] = ['', '']
  let isWhole = true
  let isOpen = false
  const pieces = entryPieces(body)
  let step = pieces.next()
  for (; !step.done; step = pieces.next()) {
    const piece = step.value
    if (!piece) {
      yield undefined
      continue
    }
    if (isOpen && piece.kind !== 'node') {
      yield ']}'
      isOpen = false
    }
    if (piece.kind === 'replaced') {
      yield `${comma}{"type":"graph-replaced","nodes":[`
      isOpen = true
      nodeComma = ''
    } else if (piece.kind === 'node') {
      const node = view.node(piece.node)
      isWhole &&= node === piece.node
      yield nodeComma + JSON.stringify(node)
      nodeComma = ','
      continue
    } else {
      const [change] = view.changes([piece.change])
      isWhole &&= change === piece.change
      if (!change) continue
      yield comma + JSON.stringify(change)
    }
    comma = ','
  }
  const { changes: _, label, ...told } = step.value
  // A label is free text that may repeat what it is about: it goes with what is left out.
  const rest = label !== undefined && isWhole ? { ...told, label } : told
  const [begin = '', ...others] = yield* jsonInSteps(rest)
  yield `${isOpen ? ']}' : ''}],${begin.slice(1)}`
  yield* others
}
