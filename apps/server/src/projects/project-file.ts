import type { Blueprint, RoleView } from '@talus/graph'
import { ok, type Node, type Orphans, type ProjectDocument, type Result } from '@talus/protocol'
import { exportNode, importNode } from './document-node.js'
import { placeNodes } from './document-tree.js'
import { orphansOf } from './orphans.js'
import type { Envelope } from './project-envelope.js'

export type ImportedProject = { nodes: Node[]; envelope: Envelope; orphans: Orphans }

function nameKeys(document: ProjectDocument, blueprint: Blueprint | null): Record<string, string> {
  const types = new Set(document.graph.nodes.map(({ type }) => type))
  const keys: Record<string, string> = {}
  for (const type of types) {
    const uuid = blueprint?.typeOf(type)?.property('name')?.uuid
    if (uuid !== undefined) keys[type] = uuid
  }
  return keys
}

function nameKeyOf({ name_keys }: Pick<Envelope, 'name_keys'>, type: string): string | undefined {
  return Object.hasOwn(name_keys, type) ? name_keys[type] : undefined
}

function envelopeOf(document: ProjectDocument, name_keys: Record<string, string>): Envelope {
  const { nodes } = document.graph
  return {
    document: { ...document, graph: { ...document.graph, nodes: [] } },
    order: nodes.map(({ id }) => id),
    childless: nodes.flatMap(({ id, children }) => (children ? [] : [id])),
    bare: nodes.flatMap(({ id, properties }) => (properties ? [] : [id])),
    name_keys,
  }
}

/**
 * A project file of the existing application as nodes in pre-order, in their wire shape. Every key
 * of the file is kept, in the nodes or in the envelope. Errors: NODE_EXISTS, INVALID_PARENT,
 * CYCLE_DETECTED.
 */
export function importDocument(
  document: ProjectDocument,
  blueprint: Blueprint | null,
  now: string,
): Result<ImportedProject> {
  const placed = placeNodes(document.graph.nodes)
  if (!placed.ok) return placed
  const envelope = envelopeOf(document, nameKeys(document, blueprint))
  const nodes = placed.value.map((each) => {
    const nameKey = nameKeyOf(envelope, each.node.type)
    return importNode(each, { nameKey, now })
  })
  return ok({ nodes, envelope, orphans: orphansOf(nodes, blueprint) })
}

/** Nodes as the file listed them, then the later ones. `nodes` is in pre-order. */
function inFileOrder(order: readonly string[], nodes: readonly Node[]): Node[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const known = new Set(order)
  const kept = order.flatMap((id) => byId.get(id) ?? [])
  const listed = [...kept, ...nodes.filter(({ id }) => !known.has(id))]
  // A file tells the order of its roots by this list alone: they share out the places of roots.
  const roots = nodes.filter(({ parent_id }) => parent_id === null)
  let next = 0
  return listed.map((node) => (node.parent_id === null ? (roots[next++] ?? node) : node))
}

/** What a file says beside its nodes is free text that may repeat them: it goes with what is hidden. */
function seenDocument({ document }: Envelope, view: RoleView | null): ProjectDocument {
  if (!view) return document
  const { template_id, graph } = document
  const named = template_id === undefined ? {} : { template_id }
  const inside = graph.template_id === undefined ? {} : { template_id: graph.template_id }
  return { graph: { id: 'default', ...inside, nodes: [] }, ...named }
}

/**
 * The file that a project is now, as a view shows it: `nodes` of the graph in pre-order, in their
 * wire shape. Right after an import it equals the imported file where nothing is hidden.
 */
export function exportDocument(
  envelope: Envelope,
  nodes: readonly Node[],
  view: RoleView | null = null,
): ProjectDocument {
  const document = seenDocument(envelope, view)
  const childless = new Set(envelope.childless)
  const bare = new Set(envelope.bare)
  const written = inFileOrder(envelope.order, nodes).map((node) => {
    const nameKey = nameKeyOf(envelope, node.blueprint_type_id)
    const form = { nameKey, childless: childless.has(node.id), bare: bare.has(node.id) }
    return exportNode(view ? view.node(node) : node, form)
  })
  return { ...document, graph: { ...document.graph, nodes: written } }
}
