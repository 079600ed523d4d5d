import type { Change, ChangeSummary, Entry, HistoryEntry } from '@talus/protocol'

/** Touched nodes that a summary names. */
const NAMED = 20

function nodeOf(change: Exclude<Change, { type: 'graph-replaced' }>): string {
  return 'node' in change ? change.node.id : change.node_id
}

/** What an entry did, in numbers (rule HIST2). */
export function summaryOf(changes: readonly Change[]): ChangeSummary {
  const counts = { added: 0, removed: 0, moved: 0, properties_set: 0, replaced: false }
  const touched = new Set<string>()
  for (const change of changes) {
    if (change.type === 'node-added') counts.added += 1
    if (change.type === 'node-removed') counts.removed += 1
    if (change.type === 'node-moved') counts.moved += 1
    if (change.type === 'property-set') counts.properties_set += 1
    if (change.type === 'graph-replaced') counts.replaced = true
    else if (touched.size <= NAMED) touched.add(nodeOf(change))
  }
  const node_ids = [...touched].slice(0, NAMED)
  return { ...counts, node_ids, more_nodes: touched.size > NAMED }
}

/** An entry as a history shows it; `undone_by` names the command by which it is undone now. */
export function historyEntry(entry: Entry, undone_by: string | undefined): HistoryEntry {
  const { changes, result: _, ...told } = entry
  const undone = undone_by !== undefined
  return { ...told, summary: summaryOf(changes), undone, ...(undone && { undone_by }) }
}

/** Those changes of an entry that are about one node; undefined: it did not touch the node. */
export function changesOfNode(entry: Entry, node_id: string): Change[] | undefined {
  const own: Change[] = []
  let touched = false
  for (const change of entry.changes) {
    if (change.type === 'graph-replaced') {
      touched ||= change.nodes.some(({ id }) => id === node_id)
    } else if (nodeOf(change) === node_id) {
      touched = true
      own.push(change)
    }
  }
  return touched ? own : undefined
}
