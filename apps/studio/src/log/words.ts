import type { SessionGraph } from '@talus/client'
import type { Change, Entry, HistoryEntry, JsonValue } from '@talus/protocol'
import { nodeCount } from '../parts/node-count.js'

const TURNS = { do: '', undo: 'undid: ', redo: 'redid: ' }

function quoted(graph: SessionGraph, id: string): string {
  return `“${graph.node(id)?.name ?? id}”`
}

/** Formats a value. */
export const shownValue = (value: JsonValue | undefined) =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')

/** Describes a change. */
export function wordsOfChange(graph: SessionGraph, change: Change): string {
  switch (change.type) {
    case 'node-added':
      return `created “${change.node.name}”`
    case 'node-removed':
      return `deleted “${change.node.name}”`
    case 'node-moved':
      return `moved ${quoted(graph, change.node_id)}`
    case 'property-set':
      return change.property_id === 'name'
        ? `renamed “${shownValue(change.old_value)}” to “${shownValue(change.new_value)}”`
        : `set ${change.property_id} of ${quoted(graph, change.node_id)}`
    case 'graph-replaced':
      return `loaded ${nodeCount(change.nodes.length)}`
    default:
      return change satisfies never
  }
}

/** Describes an entry by its first changes. */
export function wordsOf(graph: SessionGraph, { kind, changes, label }: Entry): string {
  const [first] = changes
  if (!first) return `${TURNS[kind]}nothing`
  const more = changes.length > 1 ? `, and ${(changes.length - 1).toLocaleString('en')} more` : ''
  const said =
    label !== undefined && changes.length > 1 ? label : wordsOfChange(graph, first) + more
  return TURNS[kind] + said
}

/** What an entry did, by its numbers. */
export function wordsOfHistory(graph: SessionGraph, entry: HistoryEntry): string {
  const { kind, summary } = entry
  const { added, removed, moved, properties_set, replaced, node_ids } = summary
  const [only] = summary.more_nodes || node_ids.length !== 1 ? [] : node_ids
  const of = (count: number, what: string) => {
    if (count === 0) return []
    return only === undefined
      ? [`${what} ${count.toLocaleString('en')} ${what === 'set' ? 'values' : 'nodes'}`]
      : [what === 'set' ? `changed ${quoted(graph, only)}` : `${what} ${quoted(graph, only)}`]
  }
  const parts = [
    ...of(added, 'created'),
    ...of(removed, 'deleted'),
    ...of(moved, 'moved'),
    ...of(properties_set, 'set'),
  ]
  const did = replaced ? 'loaded a project' : parts.slice(0, 2).join(', ') || 'nothing'
  return TURNS[kind] + did
}
