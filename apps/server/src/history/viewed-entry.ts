import type { RoleView } from '@talus/graph'
import { entryPieces } from './entry-pieces.js'

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
