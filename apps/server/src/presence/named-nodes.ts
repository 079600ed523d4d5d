import type { Change, PresenceState } from '@talus/protocol'

/** The nodes that a state names in the fields that the server understands. */
export function namedNodes({ selection = [], focus }: PresenceState): string[] {
  return focus === undefined || focus === null ? selection : [...selection, focus]
}

/** A state without some nodes: the same object when it names none of them (rule PRES2). */
export function withoutNodes(
  state: PresenceState,
  isGone: (node_id: string) => boolean,
): PresenceState {
  const { selection, focus } = state
  const left = selection?.filter((node_id) => !isGone(node_id))
  const unfocused = typeof focus === 'string' && isGone(focus)
  if (left?.length === selection?.length && !unfocused) return state
  return { ...state, ...(left && { selection: left }), ...(unfocused && { focus: null }) }
}

/** Characters of one byte each take one byte in memory, all others two. */
export function bytesOfText(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length
}

/** Node ids, each with how many states name it. */
export type Names = Pick<ReadonlyMap<string, number>, 'has' | 'keys' | 'size'>

/** Which of the named nodes are gone after all changes: a deletion may have been undone since. */
export function deletedBy(changes: Iterable<Change>, named: Names): Set<string> {
  let gone = new Set<string>()
  for (const change of changes) {
    if (change.type === 'node-removed' && named.has(change.node.id)) gone.add(change.node.id)
    if (change.type === 'node-added') gone.delete(change.node.id)
    if (change.type !== 'graph-replaced') continue
    gone = new Set(named.keys())
    for (const node of change.nodes) gone.delete(node.id)
  }
  return gone
}
