import type { ProjectDocument } from '@talus/protocol'

/**
 * What a project file says beside its nodes, and how it wrote what the graph does not keep. With
 * the nodes of the graph it gives the file again.
 */
export type Envelope = {
  /** The file with an empty list of nodes. */
  document: ProjectDocument
  /** Node ids in the order of the file's list. */
  order: readonly string[]
  /** Nodes that the file wrote without `children`. */
  childless: readonly string[]
  /** Nodes that the file wrote without `properties`. */
  bare: readonly string[]
  /** By node type as the file names it: the uuid of its `name` property. */
  name_keys: Readonly<Record<string, string>>
}

/** What is stored of an envelope before its lists. */
export type EnvelopeHead = {
  name_keys: Readonly<Record<string, string>>
  /** The templates that the file names, where a view does not show the rest of it. */
  template_id?: string | null | undefined
  graph_template_id?: string | null | undefined
}

type List = 'order' | 'childless' | 'bare'

const IDS_PER_LINE = 1_000

/** The envelope of a project that was never a file: with the keys that the application expects. */
export function newEnvelope(template_id: string): Envelope {
  const views = { expanded_map: {}, blocking_relationships: [], filter_sets: [] }
  const graph = { id: 'default', nodes: [], edges: [] }
  return {
    document: { graph, template_id, ...views },
    order: [],
    childless: [],
    bare: [],
    name_keys: {},
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

/**
 * An envelope as it is stored: lines of JSON, so that one of any length is read piece by piece. The
 * head, the document before and after its nodes, then the lists.
 */
export function envelopeText(envelope: Envelope): string {
  const { document, name_keys } = envelope
  const head: EnvelopeHead = {
    name_keys,
    template_id: document.template_id,
    graph_template_id: document.graph.template_id,
  }
  const lines = [JSON.stringify(head), ...aroundNodes(document)]
  for (const list of ['order', 'childless', 'bare'] as const) {
    const ids = envelope[list]
    for (let at = 0; at < ids.length; at += IDS_PER_LINE) {
      lines.push(JSON.stringify([list, ids.slice(at, at + IDS_PER_LINE)]))
    }
  }
  return lines.join('\n')
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
    this.before = this.#line()
    this.after = this.#line()
  }

  /** Some ids of one of the lists at a time; once. */
  *lists(): Generator<[list: List, ids: string[]]> {
    while (this.#at < this.#text.length) yield JSON.parse(this.#line()) as [List, string[]]
  }

  #line(): string {
    const end = this.#text.indexOf('\n', this.#at)
    const line = this.#text.slice(this.#at, end === -1 ? undefined : end)
    this.#at += line.length + 1
    return line
  }
}
