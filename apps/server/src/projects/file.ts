import type { RoleView } from '@talus/graph'
import type { JsonObject, Node, ProjectDocument } from '@talus/protocol'
import {
  aroundNodes,
  type EnvelopeHead,
  type OddNode,
  type StoredEnvelope,
} from './file-envelope.js'
import {
  exportNode,
  type Form,
  importNode,
  type Layout,
  NEW_LAYOUT,
  STRUCTURE_KEYS,
} from './file-node.js'
import { COMPACT, type FileStyle, patched, StructureDigest, withoutEdges } from './file-style.js'
import { cutAtNodes, itemParts, itemText } from './json-scan.js'

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

type ReadLists = {
  order: string[]
  /** How each node of the file is laid out. */
  layoutOf: Map<string, Layout>
  fileIds: Map<string, string>
  odd: Map<string, OddNode>
}

function* readLists(envelope: StoredEnvelope): Generator<undefined, ReadLists> {
  const [order, layouts, laidOut]: [string[], Layout[], number[]] = [[], [], []]
  const fileIds = new Map<string, string>()
  const odd = new Map<string, OddNode>()
  for (const [list, items] of envelope.lists()) {
    if (list === 'order') for (const id of items) order.push(id)
    else if (list === 'layouts') for (const layout of items) layouts.push(layout)
    else if (list === 'laidOut') for (const at of items) laidOut.push(at)
    else if (list === 'renamed') for (const [id, fileId] of items) fileIds.set(id, fileId)
    else for (const node of items) odd.set(node.id, node)
    yield undefined
  }
  const layoutOf = new Map<string, Layout>()
  for (const [n, id] of order.entries()) {
    const layout = layouts[laidOut[n] ?? -1]
    if (layout) layoutOf.set(id, layout)
    if (n % STEP === 0) yield undefined
  }
  return { order, layoutOf, fileIds, odd }
}

/** By id, in pre-order, the roots, and where all of them stand. */
type Collected = { nodes: Map<string, Node>; roots: Node[]; structure: string }

function* collected(pieces: NodePieces): Generator<undefined, Collected> {
  const nodes = new Map<string, Node>()
  const roots: Node[] = []
  const structure = new StructureDigest()
  for (const node of pieces) {
    if (node) {
      nodes.set(node.id, node)
      structure.add(node.id, node.parent_id)
      if (node.parent_id === null) roots.push(node)
    }
    if (!node || nodes.size % STEP === 0) yield undefined
  }
  return { nodes, roots, structure: structure.digest() }
}

/**
 * Nodes as the file listed them, then the later ones. A file tells the order of its roots by this
 * list alone: they share out the places of roots.
 */
function* inFileOrder(
  order: readonly string[],
  { nodes, roots }: Collected,
): Generator<Node | undefined> {
  let next = 0
  const placed = (node: Node) => (node.parent_id === null ? (roots[next++] ?? node) : node)
  const listed = new Set<string>()
  for (const id of order) {
    listed.add(id)
    const node = nodes.get(id)
    yield node && placed(node)
  }
  let passed = 0
  for (const node of nodes.values()) {
    if (!listed.has(node.id)) yield placed(node)
    else if (++passed % STEP === 0) yield undefined
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at])
}

/** Writes the nodes of one file. */
class NodeWriter {
  readonly #head: EnvelopeHead
  readonly #read: ReadLists
  readonly #style: FileStyle
  readonly #isMoved: boolean
  readonly #fileId = (id: string) => this.#read.fileIds.get(id) ?? id

  /** `isMoved`: nodes do not stand where they stood, so that nothing left aside may stay. */
  constructor(head: EnvelopeHead, read: ReadLists, isMoved: boolean) {
    this.#head = head
    this.#read = read
    this.#isMoved = isMoved
    this.#style = head.style
  }

  text(node: Node): string {
    const form = this.#formOf(node)
    const odd = this.#read.odd.get(node.id)
    if (!odd) return this.#item(node, exportNode(node, { ...form, unlisted: false }))
    const unlisted = isSameList(node.children, odd.children)
    const after = exportNode(node, { ...form, unlisted })
    const { head, body, foot } = itemParts(odd.text, this.#head.keyed === true)
    const value = JSON.parse(body) as JsonObject
    const how = { nameKey: form.nameKey, now: node.created_at }
    const before = exportNode(importNode(value, odd, how), { ...form, unlisted: true })
    if (this.#isMoved)
      for (const key of STRUCTURE_KEYS) if (key in value) before[key] = value[key] ?? null
    return head + patched(body, { before, after }, this.#style) + foot
  }

  #item({ id }: Node, value: JsonObject): string {
    return itemText({ id: this.#fileId(id), value }, this.#style, this.#head.keyed === true)
  }

  #formOf({ id, blueprint_type_id: type }: Node): Omit<Form, 'unlisted'> {
    const { name_keys } = this.#head
    const nameKey = Object.hasOwn(name_keys, type) ? name_keys[type] : undefined
    const layout = this.#read.layoutOf.get(id) ?? NEW_LAYOUT
    return { nameKey, layout, fileId: this.#fileId }
  }
}

/** The file around its nodes, without edges that are no longer true. */
function aroundNow(
  envelope: StoredEnvelope,
  { fileIds }: ReadLists,
  { nodes }: Collected,
): readonly [before: string, after: string] {
  const { before, after } = envelope
  const parents = new Map<string, string>()
  for (const { id, parent_id } of nodes.values()) {
    if (parent_id !== null) parents.set(fileIds.get(id) ?? id, fileIds.get(parent_id) ?? parent_id)
  }
  const document = envelope.document()
  const now = withoutEdges(document, ({ source, target }) => parents.get(target) === source)
  return cutAtNodes(patched(before + after, { before: document, after: now }, COMPACT))
}

function around(
  envelope: StoredEnvelope,
  {
    read,
    nodes,
    isMoved,
    isView,
  }: { read: ReadLists; nodes: Collected; isMoved: boolean; isView: boolean },
): readonly [before: string, after: string] {
  if (isView) return aroundNodes(shownDocument(envelope.head))
  return isMoved ? aroundNow(envelope, read, nodes) : [envelope.before, envelope.after]
}

/**
 * The file that a project is now, as a view shows it, as JSON in pieces; an undefined is a piece of
 * work without text. Right after an import it is the imported file, to the letter, where nothing is
 * hidden; later, what differs is written anew.
 */
export function* fileJson(
  envelope: StoredEnvelope,
  pieces: NodePieces,
  view: RoleView | null = null,
): Generator<string | undefined> {
  const { head } = envelope
  const read = yield* readLists(envelope)
  const nodes = yield* collected(pieces)
  const shown = view ? { ...head, style: COMPACT, keyed: false } : head
  const isMoved = head.structure !== undefined && head.structure !== nodes.structure
  const writer = new NodeWriter(shown, view ? { ...read, odd: new Map() } : read, isMoved)
  const [before, after] = around(envelope, { read, nodes, isMoved, isView: view !== null })
  yield before
  let comma = ''
  for (const node of inFileOrder(read.order, nodes)) {
    if (!node) {
      yield undefined
      continue
    }
    yield comma + writer.text(view ? view.node(node) : node)
    comma = ','
  }
  yield shown.style.tail + after
}
