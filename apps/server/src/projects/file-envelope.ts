import type { Blueprint } from '@talus/graph'
import {
  type ImportWarning,
  type JsonObject,
  ok,
  type ProjectDocument,
  type Result,
} from '@talus/protocol'
import type { Layout } from './file-node.js'
import { COMPACT, type FileStyle } from './file-style.js'
import type { NamedTemplate } from './parsers.js'
import type { Templates } from './templates.js'

/** A node that the graph alone does not give as the file had it. */
export type OddNode = {
  id: string
  /** As it stands in the file, with the white space before it. */
  text: string
  /** Where it was put. */
  parent_id: string | null
  children: readonly string[]
}

/** What is stored of an envelope before its lists. */
export type EnvelopeHead = {
  /** By node type as the file names it: the uuid of its `name` property. */
  name_keys: Readonly<Record<string, string>>
  /** The templates that the file names, where a view does not show the rest of it. */
  template_id?: string | null | undefined
  graph_template_id?: string | null | undefined
  style: FileStyle
  /** The nodes are members of an object. */
  keyed?: boolean
  /**
   * Where the nodes stood, for a file of which something was left aside, or that says it by edges:
   * once that differs, it would be read in another way.
   */
  structure?: string
}

/**
 * What a project file says beside its nodes, and how it wrote what the graph does not keep. With
 * the nodes of the graph it gives the file again.
 */
type Envelope = {
  head: EnvelopeHead
  /** The file before and after its nodes. */
  before: string
  after: string
  /** Node ids in the order of the file. */
  order: readonly string[]
  /** The layouts that its nodes have, and which of them each has, in the order of the file. */
  layouts: readonly Layout[]
  laidOut: readonly number[]
  /** Pairs of the id in the graph and the one in the file, where they differ. */
  renamed: readonly (readonly [id: string, fileId: string])[]
  odd: readonly OddNode[]
}

/** One part of the lists of a stored envelope. */
type ListedSibling =
  | ['order', string[]]
  | ['layouts', Layout[]]
  | ['laidOut', number[]]
  | ['renamed', [string, string][]]
  | ['odd', OddNode[]]

const ITEMS_PER_LINE = 1_000

/** Characters of nodes that are kept as they were, on a line; a longer one has its own. */
const CHARS_PER_LINE = 256 * 1024

/** The envelope of a project that was never a file: with the keys that the application expects. */
export function newEnvelope(template_id: string): Envelope {
  const views = { expanded_map: {}, blocking_relationships: [], filter_sets: [] }
  const graph = { id: 'default', nodes: [], edges: [] }
  const [before, after] = aroundNodes({ graph, template_id, ...views })
  return {
    head: { name_keys: {}, template_id, style: COMPACT },
    before,
    after,
    order: [],
    layouts: [],
    laidOut: [],
    renamed: [],
    odd: [],
  }
}

/** An object as JSON, cut inside the value of one key: `inner` is that value, in two parts. */
function around(
  object: object,
  key: string,
  [open, close]: readonly [string, string],
): [before: string, after: string] {
  const [before, after]: [string[], string[]] = [[], [close]]
  let list = before
  for (const [name, value] of Object.entries(object)) {
    const text = `${JSON.stringify(name)}:`
    list.push(text + (name === key ? open : JSON.stringify(value)))
    if (name === key) list = after
  }
  return [`{${before.join(',')}`, `${after.join(',')}}`]
}

/** The document as JSON, cut where the nodes go: they stand between the two. */
export function aroundNodes(document: ProjectDocument): [before: string, after: string] {
  return around(document, 'graph', around(document.graph, 'nodes', ['[', ']']))
}

function* lines(list: ListedSibling[0], items: readonly unknown[]): Generator<string> {
  for (let at = 0; at < items.length; at += ITEMS_PER_LINE) {
    yield JSON.stringify([list, items.slice(at, at + ITEMS_PER_LINE)])
  }
}

function* oddLines(odd: readonly OddNode[]): Generator<string> {
  let some: OddNode[] = []
  let chars = 0
  for (const node of odd) {
    some.push(node)
    chars += node.text.length
    if (chars < CHARS_PER_LINE) continue
    yield JSON.stringify(['odd', some])
    some = []
    chars = 0
  }
  if (some.length > 0) yield JSON.stringify(['odd', some])
}

/**
 * An envelope as it is stored: lines of JSON, so that one of any length is read piece by piece. The
 * head, the file before and after its nodes, then the lists.
 */
export function envelopeText({ head, before, after, odd, ...lists }: Envelope): string {
  return [
    JSON.stringify(head),
    JSON.stringify(before),
    JSON.stringify(after),
    ...(['order', 'layouts', 'laidOut', 'renamed'] as const).flatMap((list) => [
      ...lines(list, lists[list]),
    ]),
    ...oddLines(odd),
  ].join('\n')
}

/** A stored envelope, read line by line. */
export class StoredEnvelope {
  readonly head: EnvelopeHead
  readonly before: string
  readonly after: string
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.head = JSON.parse(this.#line()) as EnvelopeHead
    this.before = JSON.parse(this.#line()) as string
    this.after = JSON.parse(this.#line()) as string
  }

  /** Some items of one of the lists at a time; once. */
  *lists(): Generator<ListedSibling> {
    while (this.#at < this.#text.length) yield JSON.parse(this.#line()) as ListedSibling
  }

  /** What the file says beside its nodes. */
  document(): JsonObject {
    return JSON.parse(this.before + this.after) as JsonObject
  }

  #line(): string {
    const end = this.#text.indexOf('\n', this.#at)
    const line = this.#text.slice(this.#at, end === -1 ? undefined : end)
    this.#at += line.length + 1
    return line
  }
}

/** The file with another template, named where the file names its own. */
export function withTemplate(document: JsonObject, template_id: string): JsonObject {
  const { graph } = document
  const isInside =
    typeof document['template_id'] !== 'string' &&
    typeof graph === 'object' &&
    graph !== null &&
    !Array.isArray(graph) &&
    typeof graph['template_id'] === 'string'
  if (isInside) return { ...document, graph: { ...graph, template_id } }
  return { ...document, template_id }
}

/** The template of a file, or what its absence is told by; null for a file that names none. */
export type FileTemplate = { blueprint: Blueprint | null; warning?: ImportWarning | undefined }

/**
 * The template that a file names. One that is not there, or is not valid, is left out: the file was
 * not asked for by it.
 */
export function blueprintFor(
  { template_id: named, template_at: path }: NamedTemplate,
  catalogue: Templates,
  log: { warn: (fields: object, message: string) => void },
): Result<FileTemplate> {
  if (named === null) return ok({ blueprint: null })
  const found = catalogue.get(named)
  if (found.ok) return ok({ blueprint: found.value })
  const { code, message } = found.error
  if (code !== 'TEMPLATE_NOT_FOUND' && code !== 'INVALID_TEMPLATE') return found
  log.warn({ template_id: named, code }, 'project imported without its template')
  const done = 'the project has no template: everything is allowed'
  return ok({ blueprint: null, warning: { path, reason: message, done } })
}

/** By id and by uuid of a type: the uuid of its `name` property. */
export function nameKeysOf(blueprint: Blueprint | null): Record<string, string> {
  const keys: Record<string, string> = {}
  for (const type of blueprint?.types ?? []) {
    const uuid = type.property('name')?.uuid
    if (uuid === undefined) continue
    keys[type.id] = keys[type.uuid] = uuid
  }
  return keys
}
