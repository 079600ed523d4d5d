import type { RoleView } from '@talus/graph'
import type { Node, ProjectDocument } from '@talus/protocol'
import { exportNode } from './document-node.js'
import { aroundNodes, type EnvelopeHead, type StoredEnvelope } from './project-envelope.js'

/** Nodes in pre-order, in their wire shape; an undefined is a piece of work that gave none. */
export type NodePieces = Iterable<Node | undefined>

/** Pieces of work between two moments to rest. */
const STEP = 500

/** What a file says beside its nodes is free text that may repeat them: it goes with what is hidden. */
function shownDocument({ template_id, graph_template_id }: EnvelopeHead): ProjectDocument {
  const named = template_id === undefined ? {} : { template_id }
  const inside = graph_template_id === undefined ? {} : { template_id: graph_template_id }
  return { graph: { id: 'default', ...inside, nodes: [] }, ...named }
}

type Read = { order: string[]; childless: Set<string>; bare: Set<string> }

function* readLists(envelope: StoredEnvelope): Generator<undefined, Read> {
  const read: Read = { order: [], childless: new Set(), bare: new Set() }
  for (const [list, ids] of envelope.lists()) {
    for (const id of ids) {
      if (list === 'order') read.order.push(id)
      else read[list].add(id)
    }
    yield undefined
  }
  return read
}

/**
 * Nodes as the file listed them, then the later ones. A file tells the order of its roots by this
 * list alone: they share out the places of roots.
 */
function* inFileOrder(order: readonly string[], nodes: NodePieces): Generator<Node | undefined> {
  const later = new Map<string, Node>()
  const roots: Node[] = []
  for (const node of nodes) {
    if (node) later.set(node.id, node)
    if (node?.parent_id === null) roots.push(node)
    if (!node || later.size % STEP === 0) yield undefined
  }
  let next = 0
  const placed = (node: Node) => (node.parent_id === null ? (roots[next++] ?? node) : node)
  for (const id of order) {
    const node = later.get(id)
    later.delete(id)
    yield node && placed(node)
  }
  for (const node of later.values()) yield placed(node)
}

/**
 * The file that a project is now, as a view shows it, as JSON in pieces; an undefined is a piece of
 * work without text. Right after an import it equals the imported file where nothing is hidden.
 */
export function* fileJson(
  envelope: StoredEnvelope,
  nodes: NodePieces,
  view: RoleView | null = null,
): Generator<string | undefined> {
  const { head } = envelope
  const { order, childless, bare } = yield* readLists(envelope)
  const [before, after] = view
    ? aroundNodes(shownDocument(head))
    : [envelope.before, envelope.after]
  yield before
  let comma = ''
  for (const node of inFileOrder(order, nodes)) {
    if (!node) {
      yield undefined
      continue
    }
    const { id, blueprint_type_id: type } = node
    const nameKey = Object.hasOwn(head.name_keys, type) ? head.name_keys[type] : undefined
    const form = { nameKey, childless: childless.has(id), bare: bare.has(id) }
    yield comma + JSON.stringify(exportNode(view ? view.node(node) : node, form))
    comma = ','
  }
  yield after
}
