import { GraphMeasure, type GraphLimits } from '@talus/graph'
import {
  check,
  checkJson,
  DocumentNode,
  fail,
  ok,
  ProjectDocument,
  type Failure,
  type Result,
} from '@talus/protocol'
import { parse as parseSecurely } from 'secure-json-parse'
import { importNode } from '../projects/document-node.js'
import { withTemplate } from '../projects/document-template.js'
import { placeNodes } from '../projects/document-tree.js'
import { envelopeText } from '../projects/project-envelope.js'
import { ProjectScan, type Scanned, type ScanProblem } from './json-scan.js'

/** Of one node, and of all that stands beside the nodes: each of them is read in one go. */
export const MAX_PART_BYTES = 4_000_000

/** Characters of the nodes that are handed over at a time; a larger node comes alone. */
const CHARS_PER_PIECE = 256 * 1024

/** `graph`, `nodes` and the node are three of the levels of a file. */
const LEVELS_ABOVE = 3

export type ReaderLimits = { values: number; depth: number; graph: GraphLimits }

/** What the blueprint says of names: the uuid of the `name` property by id and uuid of a type. */
export type NameKeys = Readonly<Record<string, string>>

export type Preparation = { template_id: string | undefined; name_keys: NameKeys; now: string }

/** A node as far as its place depends on it. `at`: its place in the file. */
type Slim = { id: string; children: string[]; at: number }

type Placed = { node: Slim; parent_id: string | null }

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
  #bytes: Buffer = Buffer.alloc(0)
  #places: Uint32Array = new Uint32Array()
  #document: ProjectDocument = { graph: { nodes: [] } }
  #nodes: Slim[] = []
  readonly #childless: string[] = []
  readonly #bare: string[] = []
  readonly #types = new Set<string>()
  #placed: Placed[] = []
  #preparation: Preparation = { template_id: undefined, name_keys: {}, now: '' }
  #next = 0

  constructor(limits: ReaderLimits) {
    this.#limits = limits
  }

  /** The template that the file names. */
  get template_id(): string | null {
    const { template_id, graph } = this.#document
    return template_id ?? graph.template_id ?? null
  }

  /** Takes in a file, and looks at the shape of all of it. Errors: BAD_REQUEST, LIMIT_EXCEEDED. */
  read(bytes: Buffer): Result<null> {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    this.#bytes = hasMark ? bytes.subarray(3) : bytes
    const scanned = new ProjectScan(this.#bytes, {
      values: this.#limits.values,
      bytes: MAX_PART_BYTES,
    }).run()
    if ('problem' in scanned) return { ok: false, error: failureOf(scanned, this.#limits) }
    const document = this.#readDocument(scanned)
    if (!document.ok) return document
    this.#document = document.value
    this.#places = scanned.places
    const measure = new GraphMeasure(this.#limits.graph)
    const count = measure.count(this.#places.length / 2)
    return count.ok ? this.#readNodes() : count
  }

  /**
   * Settles where the nodes stand and what they are called, and measures all of them. Gives how
   * many there are, and the name of the first. Errors: NODE_EXISTS, INVALID_PARENT, CYCLE_DETECTED,
   * LIMIT_EXCEEDED.
   */
  prepare(preparation: Preparation): Result<{ count: number; name: string | undefined }> {
    this.#preparation = preparation
    const placed = placeNodes(this.#nodes)
    if (!placed.ok) return placed
    this.#placed = placed.value
    const measure = new GraphMeasure(this.#limits.graph)
    let name: string | undefined
    for (const each of this.#placed) {
      const node = this.#wireNode(each)
      name ??= node.name
      const measured = measure.add(node)
      if (!measured.ok) return measured
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
      const text = JSON.stringify(this.#wireNode(placed))
      if (texts.length > 0 && chars + text.length > CHARS_PER_PIECE) break
      texts.push(text)
      chars += text.length
    }
    return `[${texts.join(',')}]`
  }

  /** What the file says beside its nodes, as it is stored. */
  envelope(): string {
    const { template_id, name_keys } = this.#preparation
    const document =
      template_id === undefined ? this.#document : withTemplate(this.#document, template_id)
    const used = Object.keys(name_keys).filter((type) => this.#types.has(type))
    return envelopeText({
      document,
      order: this.#nodes.map(({ id }) => id),
      childless: this.#childless,
      bare: this.#bare,
      name_keys: Object.fromEntries(used.map((type) => [type, name_keys[type] ?? ''])),
    })
  }

  #readDocument({ rest }: Scanned): Result<ProjectDocument> {
    const value = parsed(rest)
    if (!value.ok) return value
    const json = checkJson(value.value, '', { depth: this.#limits.depth, width: Infinity })
    return json.ok ? check(ProjectDocument, json.value) : json
  }

  #readNodes(): Result<null> {
    const limits = { depth: this.#limits.depth - LEVELS_ABOVE, width: Infinity }
    for (let at = 0; at < this.#places.length / 2; at += 1) {
      const value = parsed(this.#textOf(at))
      if (!value.ok) return value
      const path = `/graph/nodes/${at}`
      const json = checkJson(value.value, path, limits)
      if (!json.ok) return json
      const node = check(DocumentNode, json.value, path)
      if (!node.ok) return node
      const { id, type, children, properties } = node.value
      this.#nodes.push({ id, children: children ?? [], at })
      this.#types.add(type)
      if (!children) this.#childless.push(id)
      if (!properties) this.#bare.push(id)
    }
    return ok(null)
  }

  #wireNode({ node: { at }, parent_id }: Placed) {
    const node = JSON.parse(this.#textOf(at).toString()) as DocumentNode
    const { name_keys, now } = this.#preparation
    const nameKey = Object.hasOwn(name_keys, node.type) ? name_keys[node.type] : undefined
    return importNode({ node, parent_id }, { nameKey, now })
  }

  #textOf(at: number): Buffer {
    return this.#bytes.subarray(this.#places[2 * at], this.#places[2 * at + 1])
  }
}

function parsed(text: Buffer): Result<unknown> {
  try {
    // Refuses `__proto__` and `constructor.prototype`, as for every other body.
    return ok(parseSecurely(text.toString()))
  } catch {
    return fail('BAD_REQUEST', NO_JSON, [{ path: '', expected: 'a project file in JSON' }])
  }
}
