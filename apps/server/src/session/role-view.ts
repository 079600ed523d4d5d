import type { Permissions, RoleView } from '@talus/graph'
import type { Ack, Change, Entry, Node } from '@talus/protocol'
import { holdsIn } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
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

/** Characters of an entry that are parsed in one piece: a millisecond or two. */
const WHOLE_CHARS = 128 * 1024

/** Characters that are looked through between two chances to rest. */
const SCANNED = 64 * 1024

/**
 * A part of what an entry did: a change, or of a `graph-replaced` its beginning and each of its
 * nodes. An undefined is a piece of work that gave none.
 */
export type EntryPiece =
  | { kind: 'change'; change: Change }
  | { kind: 'replaced' }
  | { kind: 'node'; node: Node }
  | undefined

/** An entry without its changes. */
export type EntryHead = Entry & { changes: [] }

/** What comes before the changes of an entry, and before the nodes of a `graph-replaced`, as stored. */
const CHANGES = ',"changes":['
const REPLACED = '{"type":"graph-replaced","nodes":['

const [QUOTE, BACKSLASH, COMMA] = ['"', '\\', ','].map((character) => character.charCodeAt(0))
const OPENING = new Set(['{', '['].map((character) => character.charCodeAt(0)))
const CLOSING = new Set(['}', ']'].map((character) => character.charCodeAt(0)))

/** Where the string that begins at `at` ends: the place behind its closing quote. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes += 1
    if (escapes % 2 === 0) return quote + 1
  }
  throw new Error('a stored entry ends within a string')
}

/** The place behind the list item that begins at `at`: that of a comma or of the closing bracket. */
function* endOfItem(text: string, at: number): Generator<undefined, number> {
  let depth = 0
  let rested = at
  for (let i = at; i < text.length;) {
    const code = text.charCodeAt(i)
    if (depth === 0 && (code === COMMA || CLOSING.has(code))) return i
    if (OPENING.has(code)) depth += 1
    else if (CLOSING.has(code)) depth -= 1
    i = code === QUOTE ? endOfString(text, i) : i + 1
    if (i - rested < SCANNED) continue
    rested = i
    yield
  }
  throw new Error('a stored entry ends within a list')
}

/** The items of the list whose first item would begin at `at`; ends behind its closing bracket. */
function* items<T>(
  text: string,
  at: number,
  item: (at: number) => Generator<T | undefined, number>,
): Generator<T | undefined, number> {
  if (text[at] === ']') return at + 1
  for (let from = at; ; from += 1) {
    from = yield* item(from)
    if (text.charCodeAt(from) !== COMMA) return from + 1
  }
}

function* parsed<T>(text: string, at: number): Generator<undefined, { value: T; end: number }> {
  const end = yield* endOfItem(text, at)
  return { value: JSON.parse(text.slice(at, end)) as T, end }
}

function* largeEntry(text: string, changes: number): Generator<EntryPiece, EntryHead> {
  const end = yield* items<EntryPiece>(text, changes, function* change(at) {
    if (text.startsWith(REPLACED, at)) {
      yield { kind: 'replaced' }
      const behind = yield* items<EntryPiece>(text, at + REPLACED.length, function* node(from) {
        const found = yield* parsed<Node>(text, from)
        yield { kind: 'node', node: found.value }
        return found.end
      })
      return (yield* endOfItem(text, behind)) + 1
    }
    const found = yield* parsed<Change>(text, at)
    yield { kind: 'change', change: found.value }
    return found.end
  })
  return JSON.parse(`${text.slice(0, changes)}]${text.slice(end)}`) as EntryHead
}

/**
 * What a stored entry did, piece by piece: an entry may have 100 MB, and to parse it would take a
 * second in one go. Ends with the rest of the entry.
 */
export function* entryPieces(body: string): Generator<EntryPiece, EntryHead> {
  const changes = body.length > WHOLE_CHARS ? body.indexOf(CHANGES) : -1
  if (changes >= 0) return yield* largeEntry(body, changes + CHANGES.length)
  const entry = JSON.parse(body) as Entry
  for (const change of entry.changes) {
    if (change.type !== 'graph-replaced') {
      yield { kind: 'change', change }
      continue
    }
    yield { kind: 'replaced' }
    for (const node of change.nodes) yield { kind: 'node', node }
  }
  return { ...entry, changes: [] }
}

/**
 * A stored entry as a role sees it, as JSON in pieces; an undefined is a piece of work without text.
 * The changes go first: what else is told depends on them.
 */
export function* viewedEntry(body: string, view: RoleView): Generator<string | undefined> {
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
  yield `${isOpen ? ']}' : ''}],${JSON.stringify(rest).slice(1)}`
}
