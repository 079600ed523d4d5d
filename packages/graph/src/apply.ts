import type { Change, Node, NodeAdded, NodeMoved, NodeRemoved, PropertySet } from '@talus/protocol'
import { Forest } from './forest.js'
import { sameJson } from './json-equality.js'
import { Lineage, type Restore } from './lineage.js'
import { recordOf, valueOf, withValue, type NodeRecord } from './node-record.js'
import { finish, type Steps } from './steps.js'

/** What a graph is made of. A replacement swaps both parts. */
export type Parts = { forest: Forest; lineage: Lineage }

/** Changes are planned on the very state they are applied to: one that does not fit is a bug. */
function misfit(change: Change, reason: string): Error {
  return new Error(`'${change.type}' does not fit the graph: ${reason}`)
}

function existing(forest: Forest, id: string, change: Change): NodeRecord {
  const record = forest.get(id)
  if (!record) throw misfit(change, `there is no node '${id}'`)
  return record
}

type Place = { parent_id: string | null; index: number }

type Stated = { place: Place; change: Change }

/** The node has to stand where the change says that it stood. */
function assertStandsAt(forest: Forest, record: NodeRecord, { place, change }: Stated): void {
  const { id, parent_id } = record
  if (parent_id !== place.parent_id) throw misfit(change, `node '${id}' has another parent`)
  if (forest.indexOf(id) !== place.index) throw misfit(change, `node '${id}' has another index`)
}

/** There has to be room where the change says that a node goes. */
function assertRoomAt(forest: Forest, { parent_id, index }: Place, change: Change): void {
  if (parent_id !== null) existing(forest, parent_id, change)
  const length = forest.childCount(parent_id)
  if (index < 0 || index > length) {
    throw misfit(change, `index ${index} is beyond ${length} children`)
  }
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
  if (forest.get(node.id)) throw misfit(change, `node '${node.id}' is there already`)
  assertRoomAt(forest, change, change)
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
  if (forest.childCount(id) > 0) throw misfit(change, `node '${id}' has children`)
  assertStandsAt(forest, record, { place: change, change })
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
  assertStandsAt(forest, before, { place: from, change })
  const inside = from.parent_id === to.parent_id
  // Inside its list the node itself is no neighbour: the last index is one less.
  assertRoomAt(forest, inside ? { ...to, index: to.index + 1 } : to, change)
  if (to.parent_id !== null && isWithin(forest, to.parent_id, node_id)) {
    throw misfit(change, `node '${node_id}' would be its own ancestor`)
  }
  const after = inside ? before : { ...before, parent_id: to.parent_id }
  forest.move(before, after, to.index)
  return () => forest.move(after, before, from.index)
}

function setProperty({ forest }: Parts, change: PropertySet): Restore {
  const { node_id, property_id, old_value, new_value } = change
  const before = existing(forest, node_id, change)
  if (!sameJson(valueOf(before, property_id), old_value)) {
    throw misfit(change, `'${property_id}' of '${node_id}' has another value`)
  }
  forest.replace(withValue(before, property_id, new_value))
  return () => forest.replace(before)
}

/** Every id that will be gone once all nodes are replaced, with the parent that it had last. */
function* vanishing({ forest, lineage }: Parts): Generator<[string, string | null]> {
  yield* lineage.retired()
  for (const record of forest.preorder()) yield [record.id, record.parent_id]
}

/** Puts a whole graph in the place of another; ids that vanish are retired. */
export function* replaceGraph(parts: Parts, nodes: Iterable<Node>): Steps<() => Restore> {
  const forest = yield* Forest.of(nodes)
  const lineage = yield* Lineage.of(forest.ids(), vanishing(parts))
  return () => {
    const before = { ...parts }
    Object.assign(parts, { forest, lineage })
    return () => Object.assign(parts, before)
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
      return finish(replaceGraph(parts, change.nodes))()
    default:
      return change satisfies never
  }
}
