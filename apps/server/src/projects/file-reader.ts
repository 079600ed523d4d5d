import { isUtf8 } from 'node:buffer'
import { type GraphLimits, GraphMeasure, sameJson } from '@talus/graph'
import {
  check,
  checkJson,
  DocumentNode,
  fail,
  type Failure,
  type ImportWarning,
  type JsonObject,
  type JsonValue,
  type Node,
  ok,
  ProjectDocument,
  type Result,
} from '@talus/protocol'
import { parse as parseSecurely } from 'secure-json-parse'
import { flawed, flawIn } from '../payload.js'
import { envelopeText, type OddNode, withTemplate } from './file-envelope.js'
import {
  asText,
  exportNode,
  importNode,
  ImportWarnings,
  keysOf,
  layoutOf,
  type NodeKeys,
} from './file-node.js'
import {
  COMPACT,
  edgesOf,
  type FileStyle,
  Layouts,
  patched,
  StructureDigest,
  styleOf,
} from './file-style.js'
import { FileIds, type Placeable, type Placed, placeNodes } from './file-tree.js'
import {
  cutAtNodes,
  itemParts,
  itemText,
  ProjectScan,
  type Scanned,
  type ScanProblem,
} from './json-scan.js'

/** Of one node, and of all that stands beside the nodes: each of them is read in one go. */
const MAX_PART_BYTES = 4_000_000

/** Characters of the nodes that are handed over at a time; a larger node comes alone. */
const CHARS_PER_PIECE = 256 * 1024

/** Characters of the texts that are kept of nodes which look other than the rest. */
const MOST_KEPT_CHARACTERS = 16_000_000

/** `graph`, `nodes` and the node are three of the levels of a file. */
const LEVELS_ABOVE = 3

export type ReaderLimits = { values: number; depth: number; graph: GraphLimits }

/** What the blueprint says of names: the uuid of the `name` property by id and uuid of a type. */
export type NameKeys = Readonly<Record<string, string>>

export type Preparation = { template_id: string | undefined; name_keys: NameKeys; now: string }

/** A node as far as its place depends on it. */
class Slim implements Placeable {
  readonly id: string
  readonly children: readonly string[]
  readonly childrenKey: string
  readonly parent: string | undefined
  readonly parentKey: string
  readonly index: number
  readonly #pathOf: (index: number) => string

  constructor(node: Omit<Placeable, 'at'>, index: number, pathOf: (index: number) => string) {
    this.#pathOf = pathOf
    this.id = node.id
    this.children = node.children
    this.childrenKey = node.childrenKey
    this.parent = node.parent
    this.parentKey = node.parentKey
    this.index = index
  }

  get at(): string {
    return this.#pathOf(this.index)
  }
}

const NOTHING: Scanned = {
  places: new Uint32Array(),
  keyed: false,
  before: Buffer.alloc(0),
  after: Buffer.alloc(0),
}

const NO_JSON = 'The body is not valid JSON'

function exceeded(expected: string, path: string): Failure {
  return {
    code: 'LIMIT_EXCEEDED',
    message: `Expected ${expected}`,
    details: [{ path, expected }],
  }
}

function failureOf(problem: ScanProblem, { values }: ReaderLimits): Failure {
  const bytes = MAX_PART_BYTES.toLocaleString('en')
  switch (problem.problem) {
    case 'values':
      return exceeded(`at most ${values.toLocaleString('en')} values in a file`, '')
    case 'node-bytes':
      return exceeded(`at most ${bytes} bytes of a node`, `/graph/nodes/${problem.index}`)
    case 'rest-bytes':
      return exceeded(`at most ${bytes} bytes beside the nodes`, '/graph/nodes')
    case 'twice':
      return {
        code: 'BAD_REQUEST',
        message: `The key '${problem.key}' is there twice`,
        details: [{ path: `/${problem.key}`, expected: 'to be there once' }],
      }
    default:
      return problem satisfies never
  }
}

/**
 * Reads one project file, a node at a time: of a node only its place is kept, and its content is
 * read again when it is asked for. So a file takes little more memory than its bytes. `read` and
 * `prepare` come first, then `next` until it gives nothing.
 */
export class ProjectReader {
  readonly #limits: ReaderLimits
  readonly #ids = new FileIds()
  readonly #warnings = new ImportWarnings()
  #bytes: Buffer = Buffer.alloc(0)
  #scanned: Scanned = NOTHING
  /** What the file says beside its nodes. */
  #document: JsonObject = {}
  #isTop = false
  #style: FileStyle = COMPACT
  #nodes: Slim[] = []
  readonly #layouts = new Layouts()
  /** Nodes whose text is kept. `isMeant`: the text says no more than the graph. */
  readonly #odd: { placed: Placed<Slim>; isMeant: boolean }[] = []
  readonly #types = new Set<string>()
  #placed: Placed<Slim>[] = []
  #structure: string | undefined
  #preparation: Preparation = { template_id: undefined, name_keys: {}, now: '' }
  #next = 0

  constructor(limits: ReaderLimits) {
    this.#limits = limits
  }

  /** The template that the file names. */
  get template_id(): string | null {
    const { template_id, graph_template_id } = templatesOf(this.#document)
    return template_id ?? graph_template_id ?? null
  }

  /** Where the file names it. */
  get template_at(): string {
    const isInside = typeof this.#document['template_id'] !== 'string'
    return isInside && !this.#isTop ? '/graph/template_id' : '/template_id'
  }

  /** What was made of the file where it does not say it in one way. */
  get warnings(): { list: readonly ImportWarning[]; count: number } {
    return this.#warnings
  }

  /** Takes in a file, and looks at the shape of all of it. Errors: BAD_REQUEST, LIMIT_EXCEEDED. */
  read(bytes: Buffer): Result<null> {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    this.#bytes = hasMark ? bytes.subarray(3) : bytes
    if (!isUtf8(this.#bytes)) {
      return fail('BAD_REQUEST', 'The file is not valid UTF-8', [
        { path: '', expected: 'a project file in UTF-8' },
      ])
    }
    const scanned = this.#scan()
    if ('problem' in scanned) return { ok: false, error: failureOf(scanned, this.#limits) }
    const document = this.#readDocument(scanned)
    if (!document.ok) return document
    this.#document = document.value
    this.#scanned = scanned
    this.#warnOfTemplates()
    const measure = new GraphMeasure(this.#limits.graph)
    const count = measure.count(this.#count)
    if (!count.ok) return count
    this.#style = this.#styleOf()
    return this.#readNodes()
  }

  /**
   * Settles where the nodes stand and what they are called, and measures all of them. Gives how
   * many there are, and the name of the first. Errors: NODE_EXISTS, CYCLE_DETECTED, LIMIT_EXCEEDED.
   */
  prepare(preparation: Preparation): Result<{ count: number; name: string | undefined }> {
    this.#preparation = preparation
    const edges = edgesOf(this.#document).map(({ source, target, at }) => ({
      source: this.#ids.known(source),
      target: this.#ids.known(target),
      at,
    }))
    const placed = placeNodes(this.#nodes, edges, this.#warnings)
    if (!placed.ok) return placed
    this.#placed = placed.value
    if (this.#warnings.count > 0 || edges.length > 0) this.#structure = structureOf(this.#placed)
    const measure = new GraphMeasure(this.#limits.graph)
    let name: string | undefined
    for (const each of this.#placed) {
      const value = this.#valueOf(each.node)
      const node = this.#wireNode(value, each)
      name ??= node.name
      const measured = measure.add(node)
      if (!measured.ok) return measured
      this.#compare(each, value, node)
    }
    return ok({ count: this.#placed.length, name })
  }

  /** The next nodes in pre-order, in their wire shape, as a list in JSON; undefined: no more. */
  next(): string | undefined {
    if (this.#next >= this.#placed.length) return undefined
    const texts: string[] = []
    for (let chars = 0; chars < CHARS_PER_PIECE; this.#next += 1) {
      const placed = this.#placed[this.#next]
      if (!placed) break
      const text = JSON.stringify(this.#wireNode(this.#valueOf(placed.node), placed))
      if (texts.length > 0 && chars + text.length > CHARS_PER_PIECE) break
      texts.push(text)
      chars += text.length
    }
    return `[${texts.join(',')}]`
  }

  /** What the file says beside its nodes, and how it writes them, as it is stored. */
  envelope(): string {
    const { template_id, name_keys } = this.#preparation
    const used = Object.keys(name_keys).filter((type) => this.#types.has(type))
    const { keyed } = this.#scanned
    let document = this.#document
    let [before, after]: readonly string[] = [
      this.#scanned.before.toString(),
      this.#scanned.after.toString(),
    ]
    if (template_id !== undefined) {
      document = withTemplate(document, template_id)
      const change = { before: this.#document, after: document }
      ;[before, after] = cutAtNodes(patched(`${before}${after}`.trim(), change, this.#style))
    }
    return envelopeText({
      head: {
        name_keys: Object.fromEntries(used.map((type) => [type, name_keys[type] ?? ''])),
        ...templatesOf(document),
        style: this.#style,
        ...(keyed && { keyed }),
        ...(this.#structure !== undefined && { structure: this.#structure }),
      },
      before: before ?? '',
      after: after ?? '',
      order: this.#nodes.map(({ id }) => id),
      layouts: this.#layouts.layouts,
      laidOut: this.#layouts.laidOut,
      renamed: [...this.#ids.renamed],
      odd: this.#kept(),
    })
  }

  /** The texts to be kept; those that differ from others in their look only, as far as there is room. */
  #kept(): OddNode[] {
    let room = MOST_KEPT_CHARACTERS
    const kept: OddNode[] = []
    for (const { placed, isMeant } of this.#odd) {
      const { node, parent_id, children } = placed
      const text = this.#itemOf(node)
      room -= text.length
      if (room > 0 || !isMeant) kept.push({ id: node.id, text, parent_id, children })
    }
    return kept
  }

  /** The text of an item, without the white space before the end of all. */
  #itemOf({ index }: Slim): string {
    const text = this.#textOf(index)
    return index === this.#count - 1 ? text.slice(0, text.length - this.#style.tail.length) : text
  }

  readonly #pathOf = (index: number): string => {
    const nodes = this.#isTop ? '/nodes' : '/graph/nodes'
    if (!this.#scanned.keyed) return `${nodes}/${index}`
    const key = JSON.parse(itemParts(this.#textOf(index), true).key ?? '""') as string
    return `${nodes}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  }

  #warnOfTemplates(): void {
    const { graph } = this.#document
    for (const [holder, at] of [
      [this.#document, ''],
      [graph, '/graph'],
    ] as const) {
      const named = isObject(holder) ? (holder['template_id'] ?? null) : null
      if (named === null || typeof named === 'string') continue
      this.#warnings.add(`${at}/template_id`, 'this is no id of a template', 'it was left aside')
    }
  }

  get #count(): number {
    return this.#scanned.places.length / 2
  }

  /** Older files have no graph around their nodes. */
  #scan(): Scanned | ScanProblem {
    const limits = { values: this.#limits.values, bytes: MAX_PART_BYTES }
    const scanned = new ProjectScan(this.#bytes, limits).run()
    if ('problem' in scanned || scanned.after.length > 0) return scanned
    const older = new ProjectScan(this.#bytes, limits, 'top').run()
    if ('problem' in older) return older
    this.#isTop = older.after.length > 0
    return this.#isTop ? older : scanned
  }

  #readDocument({ before, after }: Scanned): Result<JsonObject> {
    const value = parsed(Buffer.concat([before, after]).toString(), '')
    if (!value.ok) return value
    const json = checkJson(value.value, '', { depth: this.#limits.depth, width: Infinity })
    if (!json.ok) return json
    const shape = check(ProjectDocument, shapeOf(json.value))
    return shape.ok ? ok(json.value as JsonObject) : shape
  }

  #styleOf(): FileStyle {
    if (this.#count === 0) return COMPACT
    const isAscii = this.#bytes.includes('\\u') && this.#bytes.every((byte) => byte < 0x80)
    return styleOf(this.#textOf(0), this.#textOf(this.#count - 1), isAscii)
  }

  #readNodes(): Result<null> {
    const limits = { depth: this.#limits.depth - LEVELS_ABOVE, width: Infinity }
    for (let at = 0; at < this.#count; at += 1) {
      const { key, body } = itemParts(this.#textOf(at), this.#scanned.keyed)
      const path = this.#pathOf(at)
      const value = parsed(body, path)
      if (!value.ok) return value
      const json = checkJson(value.value, path, limits)
      if (!json.ok) return json
      const read = this.#readNode(json.value, key, at)
      if (!read.ok) return read
    }
    return ok(null)
  }

  #readNode(value: JsonValue, key: string | undefined, index: number): Result<null> {
    const at = this.#pathOf(index)
    if (!isObject(value)) {
      const refused = check(DocumentNode, value, at)
      return refused.ok ? ok(null) : refused
    }
    const keys = keysOf(value)
    const { id, type, name, properties, children, ...others } = meaningOf(value, keys, key)
    const own = this.#ids.own(id, at, this.#warnings)
    const listed = Array.isArray(children)
      ? this.#listed(children, `${at}/${keys.children}`)
      : children
    const node = check(
      DocumentNode,
      {
        ...(own !== undefined && { id: own }),
        ...(type !== undefined && { type }),
        ...(name !== undefined && { name }),
        ...(properties !== undefined && { properties }),
        ...(listed !== undefined && { children: listed }),
      } as JsonValue,
      at,
    )
    if (!node.ok) return node
    const parent = others.parent === undefined ? undefined : this.#ids.known(others.parent)
    const slim = { id: node.value.id, children: node.value.children ?? [], parent }
    this.#nodes.push(
      new Slim(
        { ...slim, childrenKey: keys.children, parentKey: keys.parent },
        index,
        this.#pathOf,
      ),
    )
    this.#types.add(node.value.type)
    this.#layouts.add(layoutOf(value))
    return ok(null)
  }

  /** The ids in a list of children; whatever else is in it is left aside. */
  #listed(children: readonly JsonValue[], at: string): string[] {
    return children.flatMap((child, position) => {
      const text = asText(child)
      if (text) return this.#ids.known(text)
      this.#warnings.add(`${at}/${position}`, 'this is no id of a node', 'the entry was left aside')
      return []
    })
  }

  /** Notes a node that the graph alone does not give as the file has it. */
  #compare(placed: Placed<Slim>, value: JsonObject, node: Node): void {
    const { name_keys } = this.#preparation
    const type = node.blueprint_type_id
    const written = exportNode(node, {
      nameKey: Object.hasOwn(name_keys, type) ? name_keys[type] : undefined,
      layout: layoutOf(value),
      unlisted: false,
      fileId: (each) => this.#ids.fileId(each),
    })
    const item = { id: this.#ids.fileId(node.id), value: written }
    const text = itemText(item, this.#style, this.#scanned.keyed)
    if (!placed.byEdge && this.#itemOf(placed.node) === text) return
    this.#odd.push({ placed, isMeant: !placed.byEdge && sameJson(written, value) })
  }

  #wireNode(value: JsonObject, { node: { id }, parent_id, children }: Placed<Slim>): Node {
    const { name_keys, now } = this.#preparation
    const type = asText(value[keysOf(value).type]) ?? ''
    const nameKey = Object.hasOwn(name_keys, type) ? name_keys[type] : undefined
    return importNode(value, { id, parent_id, children }, { nameKey, now })
  }

  #valueOf({ index }: Slim): JsonObject {
    return JSON.parse(itemParts(this.#textOf(index), this.#scanned.keyed).body) as JsonObject
  }

  #textOf(at: number): string {
    const { places } = this.#scanned
    return this.#bytes.subarray(places[2 * at], places[2 * at + 1]).toString()
  }
}

function structureOf(placed: readonly Placed<Slim>[]): string {
  const structure = new StructureDigest()
  for (const { node, parent_id } of placed) structure.add(node.id, parent_id)
  return structure.digest()
}

/** What a node of a file says that concerns the graph, whatever keys it uses. */
function meaningOf(node: JsonObject, keys: NodeKeys, key: string | undefined) {
  const absent = (value: JsonValue | undefined) => value ?? undefined
  const { name, properties } = node
  const ownKey = key === undefined ? undefined : (JSON.parse(key) as string)
  return {
    id: asText(node['id']) ?? absent(node['id']) ?? ownKey,
    type: asText(node[keys.type]) ?? absent(node[keys.type]),
    name: asText(name) ?? absent(name),
    properties: absent(properties),
    children: absent(node[keys.children]),
    // What says nothing, as an empty text does, is no parent.
    parent: asText(node[keys.parent]) || undefined,
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The templates that a file names. */
function templatesOf(document: JsonObject) {
  const textIn = (holder: JsonValue | undefined) => {
    const named = isObject(holder) ? holder['template_id'] : undefined
    return typeof named === 'string' || named === null ? named : undefined
  }
  return { template_id: textIn(document), graph_template_id: textIn(document['graph']) }
}

/** A file as far as it has to have a shape. */
function shapeOf(document: JsonValue): JsonValue {
  if (!isObject(document)) return document
  const { graph } = document
  // Nodes beside everything else, or as an object, are read like a list in the graph.
  const holder = isObject(graph) ? graph : document
  const { nodes } = holder
  const listed = isObject(nodes) ? [] : nodes
  if (!isObject(graph) && (graph !== undefined || nodes === undefined)) return document
  return { graph: listed === undefined ? {} : { nodes: listed } }
}

function parsed(text: string, path: string): Result<unknown> {
  const flaw = flawIn(text)
  if (flaw) return { ok: false, error: flawed({ ...flaw, path: path + flaw.path }) }
  try {
    // Refuses `__proto__` and `constructor.prototype`, as for every other body.
    return ok(parseSecurely(text))
  } catch {
    // Where it ends to be JSON says nothing that its writer could use: the caller is told that it does.
    return fail('BAD_REQUEST', NO_JSON, [{ path: '', expected: 'a project file in JSON' }])
  }
}
