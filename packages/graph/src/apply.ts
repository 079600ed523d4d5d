import type { Change, Node, NodeAdded, NodeMoved, NodeRemoved, PropertySet } from '@talus/protocol'
import { Forest } from './forest.js'
import { sameJson } from './json-equality.js'
import { Lineage, type Restore } from './lineage.js'
import { recordOf, valueOf, withValue, type NodeRecord } from './node-record.js'

/** What a graph is made of. A replacement swaps both parts. */
export type Parts = { forest: Forest; lineage: Lineage }

/** Changes are planned on the very state they are applied to: one that does not fit is a bug. */
function assertFits(fits: boolean, change: Change, reason: string): asserts fits {
  if (!fits) throw new Error(`'${change.type}' does not fit the graph: ${reason}`)
}

function existing(forest: Forest, id: string, change: Change): NodeRecord {
  const record = forest.get(id)
  assertFits(record !== undefined, change, `there is no node '${id}'`)
  return record
}

function assertPlace(
  forest: Forest,
  place: { parent_id: string | null; index: number },
  change: Change,
) {
  const { parent_id, index } = place
  assertFits(
    parent_id === null || !!forest.get(parent_id),
    change,
    `there is no parent '${parent_id}'`,
  )
  const length = forest.childCount(parent_id)
  assertFits(index >= 0 && index <= length, change, `index ${index} is beyond ${length} children`)
}

/** Whether `id` is `ancestor` or stands somewhere below it. */
export function isWithin(forest: Forest, id: string, ancestor: string): boolean {
  // Nothing stands below a leaf, however deep the other one is.
  if (forest.childCount(ancestor) === 0) return id === ancestor
  let at: string | null | undefined = id
  while (at !== null && at !== undefined && at !== ancestor) at = forest.get(at)?.parent_id
  return at === ancestor
}

function addNode({ forest, lineage }: Parts, change: NodeAdded): Restore {
  const { node, parent_id, index } = change
  assertFits(!forest.get(node.id), change, `node '${node.id}' is there already`)
  assertPlace(forest, change, change)
  const record = recordOf(node.parent_id === parent_id ? node : { ...node, parent_id })
  forest.add(record, index)
  const forget = lineage.add(node.id)
  return () => {
    forest.remove(record)
    forget()
  }
}

function removeNode({ forest, lineage }: Parts, change: NodeRemoved): Restore {
  const record = existing(forest, change.node.id, change)
  const { id, parent_id } = record
  assertFits(forest.childCount(id) === 0, change, `node '${id}' has children`)
  assertFits(parent_id === change.parent_id, change, `node '${id}' has another parent`)
  assertFits(forest.indexOf(id) === change.index, change, `node '${id}' has another index`)
  forest.remove(record)
  const revive = lineage.retire(id, parent_id)
  return () => {
    forest.add(record, change.index)
    revive()
  }
}

function moveNode({ forest }: Parts, change: NodeMoved): Restore {
  const { node_id, from, to } = change
  const before = existing(forest, node_id, change)
  assertFits(before.parent_id === from.parent_id, change, `node '${node_id}' has another parent`)
  assertFits(forest.indexOf(node_id) === from.index, change, `node '${node_id}' has another index`)
  assertPlace(forest, to, change)
  const inside = from.parent_id === to.parent_id
  assertFits(!inside || to.index < forest.childCount(to.parent_id), change, 'the index is too high')
  const cyclic = to.parent_id !== null && isWithin(forest, to.parent_id, node_id)
  assertFits(!cyclic, change, `node '${node_id}' would be its own ancestor`)
  const after = inside ? before : { ...before, parent_id: to.parent_id }
  forest.move(before, after, to.index)
  return () => forest.move(after, before, from.index)
}

function setProperty({ forest }: Parts, change: PropertySet): Restore {
  const before = existing(forest, change.node_id, change)
  const current = valueOf(before, change.property_id)
  const stated = `'${change.property_id}' of '${change.node_id}' has another value`
  assertFits(sameJson(current, change.old_value), change, stated)
  forest.replace(withValue(before, change.property_id, change.new_value))
  return () => forest.replace(before)
}

/** Puts a whole graph in the place of another; ids that vanish are retired. */
export function replaceGraph(parts: Parts, nodes: Iterable<Node>): Restore {
  const { forest, lineage } = parts
  const next = Forest.of(nodes)
  const vanished: [string, string | null][] = [...lineage.retired()]
  for (const record of forest.preorder()) vanished.push([record.id, record.parent_id])
  parts.forest = next
  parts.lineage = Lineage.of(next.ids(), vanished)
  return () => {
    parts.forest = forest
    parts.lineage = lineage
  }
}

/** Applies one change and returns what takes it back. Throws when the change does not fit. */
export function applyChange(parts: Parts, change: Change): Restore {
  switch (change.type) {
    case 'node-added':
      return addNode(parts, change)
    case 'node-removed':
      return removeNode(parts, change)
    case 'node-moved':
      return moveNode(parts, change)
    case 'property-set':
      return setProperty(parts, change)
    case 'graph-replaced':
      return replaceGraph(parts, change.nodes)
    default:
      return change satisfies never
  }
}
