import { createHash } from 'node:crypto'
import { check, fail, type Failure, NodeId, ok, type Result } from '@talus/protocol'
import { type ImportWarnings, quoted } from './file-node.js'

/**
 * What the place of a node of a file depends on. `children` and `parent` are as the file has them;
 * `at` is a JSON pointer to the node.
 */
export type Placeable = {
  id: string
  /** The children that the node lists, in the key `childrenKey`. */
  children: readonly string[]
  childrenKey: string
  parent: string | undefined
  parentKey: string
  at: string
}

/** A relation that the file has beside its nodes. */
export type Edge = { source: string; target: string; at: string }

/** A node of a file and where it stands. */
export type Placed<N extends Placeable> = {
  node: N
  parent_id: string | null
  /** Whether an edge alone says so. */
  byEdge: boolean
  children: readonly string[]
}

/** How a node came to its parent: one that lists it goes before all else. */
type TreeLink = { parent: string; by: 'list' | 'parent' | 'edge'; at: string }

const NONE: readonly string[] = []

class Links<N extends Placeable> {
  readonly #byId: ReadonlyMap<string, N>
  readonly #warnings: ImportWarnings
  readonly links = new Map<string, TreeLink>()
  readonly children = new Map<string, string[]>()

  constructor(byId: ReadonlyMap<string, N>, warnings: ImportWarnings) {
    this.#byId = byId
    this.#warnings = warnings
  }

  add(child: string, { parent, by, at }: TreeLink): void {
    const gone = [parent, child].find((id) => !this.#byId.has(id))
    if (gone !== undefined) {
      return this.#leave(at, `there is no node ${quoted(gone)} in the file`)
    }
    const known = this.links.get(child)
    if (!known) {
      this.links.set(child, { parent, by, at })
      const list = this.children.get(parent)
      if (list) list.push(child)
      else this.children.set(parent, [child])
    } else if (known.parent !== parent) {
      const { parent: other } = known
      this.#leave(at, `${quoted(child)} stands below ${quoted(other)} already`)
    } else if (by === 'list') {
      this.#leave(at, `${quoted(child)} is listed twice`)
    }
  }

  /** Takes a node from a parent that it cannot have. */
  cut(child: string, { parent, at }: TreeLink): void {
    this.links.delete(child)
    const list = this.children.get(parent) ?? []
    list.splice(list.indexOf(child), 1)
    this.#warnings.add(at, `${quoted(child)} would be its own ancestor`, 'the node is a root')
  }

  #leave(at: string, reason: string): void {
    this.#warnings.add(at, reason, 'the entry was left aside')
  }
}

function index<N extends Placeable>(nodes: readonly N[]): Result<ReadonlyMap<string, N>> {
  const byId = new Map<string, N>()
  for (const node of nodes) {
    if (byId.has(node.id)) {
      return fail('NODE_EXISTS', `Two nodes have the id '${node.id}'`, [
        { path: `${node.at}/id`, expected: 'an id of its own', actual: node.id },
      ])
    }
    byId.set(node.id, node)
  }
  return ok(byId)
}

function linksOf<N extends Placeable>(
  nodes: readonly N[],
  edges: readonly Edge[],
  links: Links<N>,
): void {
  for (const { id, children, childrenKey, at } of nodes) {
    for (const [position, child] of children.entries()) {
      links.add(child, { parent: id, by: 'list', at: `${at}/${childrenKey}/${position}` })
    }
  }
  for (const { id, parent, parentKey, at } of nodes) {
    if (parent !== undefined) links.add(id, { parent, by: 'parent', at: `${at}/${parentKey}` })
  }
  for (const { source, target, at } of edges) links.add(target, { parent: source, by: 'edge', at })
}

/** The cycles among links from child to parent, each as its nodes. */
function cyclesAmong(
  nodes: readonly Placeable[],
  links: ReadonlyMap<string, TreeLink>,
): string[][] {
  const walks = new Map<string, number>()
  const cycles: string[][] = []
  for (const [walk, { id }] of nodes.entries()) {
    let at: string | undefined = id
    while (at !== undefined && !walks.has(at)) {
      walks.set(at, walk)
      at = links.get(at)?.parent
    }
    if (at === undefined || walks.get(at) !== walk) continue
    const cycle = [at]
    for (let next = links.get(at)?.parent; next !== at; next = links.get(next ?? '')?.parent) {
      if (next !== undefined) cycle.push(next)
    }
    cycles.push(cycle)
  }
  return cycles
}

function cycleAt({ id, at }: Placeable): Failure {
  return {
    code: 'CYCLE_DETECTED',
    message: `Node '${id}' is its own ancestor`,
    details: [{ path: at, expected: 'to be no descendant of itself', actual: id }],
  }
}

/** Opens cycles where something else than a list of children closes them. */
function openCycles<N extends Placeable>(
  nodes: readonly N[],
  byId: ReadonlyMap<string, N>,
  links: Links<N>,
): Result<null> {
  for (const cycle of cyclesAmong(nodes, links.links)) {
    const weak = cycle.find((id) => links.links.get(id)?.by !== 'list')
    const link = weak === undefined ? undefined : links.links.get(weak)
    if (weak !== undefined && link) {
      links.cut(weak, link)
      continue
    }
    const node = byId.get(cycle[0] ?? '')
    if (node) return { ok: false, error: cycleAt(node) }
  }
  return ok(null)
}

/**
 * The forest that a file describes, in pre-order; roots in the order of the file. Lists of children
 * go first, then what nodes say of their parents, then edges; what does not agree with that, or names
 * nodes that are not there, is left aside with a warning. Errors: NODE_EXISTS, and CYCLE_DETECTED for
 * lists of children that are one, each with the node that it is about.
 */
export function placeNodes<N extends Placeable>(
  nodes: readonly N[],
  edges: readonly Edge[],
  warnings: ImportWarnings,
): Result<Placed<N>[]> {
  const byId = index(nodes)
  if (!byId.ok) return byId
  const links = new Links(byId.value, warnings)
  linksOf(nodes, edges, links)
  const opened = openCycles(nodes, byId.value, links)
  if (!opened.ok) return opened
  const placed: Placed<N>[] = []
  const open = nodes.filter(({ id }) => !links.links.has(id)).toReversed()
  for (let node = open.pop(); node; node = open.pop()) {
    const children = links.children.get(node.id) ?? NONE
    const link = links.links.get(node.id)
    placed.push({ node, parent_id: link?.parent ?? null, byEdge: link?.by === 'edge', children })
    for (const child of children.toReversed()) {
      const below = byId.value.get(child)
      if (below) open.push(below)
    }
  }
  return ok(placed)
}

/** The namespace of names of the DNS (RFC 9562), in which the Flask backend names nodes. */
const NAMESPACE = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex')

/** The uuid, of version 5, that the Flask backend gives a node whose id is no uuid. */
function uuidOf(text: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(text).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20)].join('-')
}

/** The ids of nodes of a file; such as no node can have here stand for others. */
export class FileIds {
  /** By the id in the graph. */
  readonly renamed = new Map<string, string>()

  /** The id in the graph of whatever node the file calls so. */
  known(fileId: string): string {
    return check(NodeId, fileId).ok ? fileId : uuidOf(fileId)
  }

  /** The same for a node itself; what is no text stays as it is. */
  own(fileId: unknown, at: string, warnings: ImportWarnings): unknown {
    if (typeof fileId !== 'string' || fileId === '') return fileId
    const id = this.known(fileId)
    if (id === fileId) return id
    this.renamed.set(id, fileId)
    warnings.add(
      `${at}/id`,
      `a node cannot have the id ${quoted(fileId)}`,
      `the node is '${id}' here, and an export has the id of the file; values that name it stay`,
    )
    return id
  }

  fileId(id: string): string {
    return this.renamed.get(id) ?? id
  }
}
