import { fail, ok, type Failure, type Result } from '@talus/protocol'

/** What the place of a node of a file depends on. */
export type Placeable = { id: string; children?: string[] }

/** A node of a file and the node that lists it as a child. */
export type Placed<N extends Placeable> = { node: N; parent_id: string | null }

type Nodes = readonly Placeable[]

type ById<N> = ReadonlyMap<string, N>

/** By child. */
type Parents = ReadonlyMap<string, string>

function index<N extends Placeable>(nodes: readonly N[]): Result<ById<N>> {
  const byId = new Map<string, N>()
  for (const [at, node] of nodes.entries()) {
    if (byId.has(node.id)) {
      return fail('NODE_EXISTS', `Two nodes have the id '${node.id}'`, [
        { path: `/graph/nodes/${at}/id`, expected: 'an id of its own', actual: node.id },
      ])
    }
    byId.set(node.id, node)
  }
  return ok(byId)
}

function invalidChild(
  path: string,
  problem: { message: string; expected: string; actual: string },
) {
  const { message, expected, actual } = problem
  return fail('INVALID_PARENT', message, [{ path, expected, actual }])
}

function parentsOf(nodes: Nodes, byId: ById<unknown>): Result<Parents> {
  const parents = new Map<string, string>()
  for (const [at, { id, children = [] }] of nodes.entries()) {
    for (const [position, child] of children.entries()) {
      const path = `/graph/nodes/${at}/children/${position}`
      if (!byId.has(child)) {
        const message = `Node '${id}' has a child '${child}' that is not in the file`
        return invalidChild(path, { message, expected: 'the id of a node', actual: child })
      }
      const other = parents.get(child)
      if (other !== undefined) {
        const message = `Node '${child}' is a child of '${other}' and again of '${id}'`
        return invalidChild(path, { message, expected: 'one parent per node', actual: child })
      }
      parents.set(child, id)
    }
  }
  return ok(parents)
}

/** Parents first, children in their order. Nodes of a cycle are not reached. */
function reach<N extends Placeable>(
  nodes: readonly N[],
  byId: ById<N>,
  parents: Parents,
): Placed<N>[] {
  const placed: Placed<N>[] = []
  const open = nodes.filter(({ id }) => !parents.has(id)).toReversed()
  for (let node = open.pop(); node; node = open.pop()) {
    placed.push({ node, parent_id: parents.get(node.id) ?? null })
    for (const child of (node.children ?? []).toReversed()) {
      const below = byId.get(child)
      if (below) open.push(below)
    }
  }
  return placed
}

/** Names a cycle, given that there is one: every node that was not reached hangs below a cycle. */
function cycleAmong(nodes: Nodes, placed: readonly Placed<Placeable>[], parents: Parents): Failure {
  const reached = new Set(placed.map(({ node }) => node.id))
  const seen = new Set<string>()
  let at = nodes.find(({ id }) => !reached.has(id))?.id
  while (at !== undefined && !seen.has(at)) {
    seen.add(at)
    at = parents.get(at)
  }
  const id = at ?? ''
  const found = nodes.findIndex((node) => node.id === id)
  return {
    code: 'CYCLE_DETECTED',
    message: `Node '${id}' is its own ancestor`,
    details: [
      { path: `/graph/nodes/${found}`, expected: 'to be no descendant of itself', actual: id },
    ],
  }
}

/**
 * The forest that the lists of children describe, in pre-order; roots in the order of the file.
 * Errors: NODE_EXISTS, INVALID_PARENT, CYCLE_DETECTED, each with the node that it is about.
 */
export function placeNodes<N extends Placeable>(nodes: readonly N[]): Result<Placed<N>[]> {
  const byId = index(nodes)
  if (!byId.ok) return byId
  const parents = parentsOf(nodes, byId.value)
  if (!parents.ok) return parents
  const placed = reach(nodes, byId.value, parents.value)
  if (placed.length === nodes.length) return ok(placed)
  return { ok: false, error: cycleAmong(nodes, placed, parents.value) }
}
