import { Readable } from 'node:stream'
import type {
  Change,
  GraphState,
  JsonValue,
  Node,
  PreviewSuccess,
  SearchMatch,
} from '@talus/protocol'
import type { Permit } from '../limits/concurrency.js'
import { orphansJson } from '../projects/file-style.js'
import type { Imported } from '../projects/service.js'
import type { OpenedProject } from '../projects/sessions.js'
import { loopTurns, takeTurn } from '../turns.js'

/** Characters, or items, of a node beyond which it is written property by property. */
const LARGE = 32 * 1024

/** Whether values are long as JSON; looks no further than that. */
function areLong(values: Iterable<JsonValue>, most: number): boolean {
  let size = 0
  const open = [...values]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    size += typeof value === 'string' ? value.length : 8
    if (size > most) return true
    if (typeof value !== 'object' || value === null) continue
    const items = Array.isArray(value) ? value : Object.values(value)
    if (items.length > most) return true
    for (const item of items) open.push(item)
  }
  return false
}

function isLarge({ name, properties, children, metadata, extra }: Node): boolean {
  const most = LARGE - name.length - 8 * children.length
  return areLong([metadata ?? null, extra ?? null, ...Object.values(properties)], most)
}

function* fields(object: object): Generator<string> {
  let comma = '{'
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue
    yield `${comma}${JSON.stringify(key)}:${JSON.stringify(value)}`
    comma = ','
  }
  yield comma === '{' ? '{}' : '}'
}

/**
 * A node as JSON, with its properties first: in one piece, or one for each property, of which a node
 * may have 1,000 of 1 MB.
 */
export function* nodeJson(node: Node): Generator<string> {
  if (!isLarge(node)) return yield JSON.stringify(node)
  const { properties, ...rest } = node
  yield '{"properties":'
  yield* fields(properties)
  for (const field of fields(rest)) yield field.replace(/^\{/, ',')
}

/** A page of matches as JSON, in pieces; `head` is what goes before them. */
export function* matchesJson(head: object, matches: readonly SearchMatch[]): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"matches":[`
  let comma = ''
  for (const { node, path } of matches) {
    yield `${comma}{"node":`
    yield* nodeJson(node)
    // Of 100 ancestors each may have a name of 1 MB.
    yield ',"path":['
    for (const [at, above] of path.entries()) yield (at === 0 ? '' : ',') + JSON.stringify(above)
    yield ']}'
    comma = ','
  }
  yield ']}'
}

/** What opens a node whose children follow in place of their ids. */
function* openNodeJson(node: Node): Generator<string> {
  const { children: _, ...rest } = node
  if (!isLarge(node)) return yield `${JSON.stringify(rest).slice(0, -1)},"children":[`
  const { properties, ...others } = rest
  yield '{"properties":'
  yield* fields(properties)
  for (const field of fields({ ...others, children: [] })) {
    yield field === '}'
      ? ''
      : field.replace(/^\{/, ',').replace(/,"children":\[\]$/, ',"children":[')
  }
}

/** What precedes the nodes. */
type GraphHead = Omit<GraphState, 'roots' | 'nodes'>

/** Nodes in pre-order; an undefined is a piece of work that gave none. */
export type NodePieces = Iterable<Node | undefined>

/** A graph as `GraphState`, in pieces. The roots come last: they are known when all is walked. */
export function* graphJson(head: GraphHead, nodes: NodePieces): Generator<string | undefined> {
  yield `${JSON.stringify(head).slice(0, -1)},"nodes":[`
  const roots: string[] = []
  let comma = ''
  for (const node of nodes) {
    if (node?.parent_id === null) roots.push(node.id)
    if (!node) {
      yield undefined
      continue
    }
    if (comma !== '') yield comma
    yield* nodeJson(node)
    comma = ','
  }
  yield `],"roots":${JSON.stringify(roots)}}`
}

type Piece = string | undefined

/** An object whose last field is a list of items, each of which is JSON in pieces. */
export function* listJson(
  head: object,
  field: string,
  items: Iterable<Iterable<Piece>>,
): Generator<Piece> {
  yield `${JSON.stringify(head).slice(0, -1)},"${field}":[`
  let comma = ''
  for (const item of items) {
    if (comma !== '') yield comma
    yield* item
    comma = ','
  }
  yield ']}'
}

/** Values as JSON, each when its turn comes. */
export function* eachAsJson(values: Iterable<unknown>): Generator<[string]> {
  for (const value of values) yield [JSON.stringify(value)]
}

/**
 * A graph as `GraphTree`, in pieces. Written with a list of the open nodes: `JSON.stringify`
 * recurses, and a chain of ten thousand nodes would overflow its stack.
 */
export function* treeJson(head: GraphHead, nodes: NodePieces): Generator<string | undefined> {
  yield `${JSON.stringify(head).slice(0, -1)},"roots":[`
  const open: string[] = []
  let isFirst = true
  for (const node of nodes) {
    if (!node) {
      yield undefined
      continue
    }
    let closing = ''
    // In pre-order a node that is not below the last one ends it, and those around it.
    while (open.length > 0 && open.at(-1) !== node.parent_id) {
      open.pop()
      closing += ']}'
      isFirst = false
    }
    yield closing + (isFirst ? '' : ',')
    yield* openNodeJson(node)
    open.push(node.id)
    isFirst = true
  }
  yield `${']}'.repeat(open.length)}]}`
}

/** A change as JSON; a node may have 1,000 properties of 1 MB. */
function* changeJson(change: Change): Generator<string> {
  if (change.type === 'node-added' || change.type === 'node-removed') {
    const { node, ...rest } = change
    yield `${JSON.stringify(rest).slice(0, -1)},"node":`
    yield* nodeJson(node)
    yield '}'
  } else yield JSON.stringify(change)
}

/** A preview as JSON, in pieces: it may be about 100,000 nodes. */
export function* previewJson({ changes, ...rest }: PreviewSuccess): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"changes":[`
  let comma = ''
  for (const change of changes) {
    if (comma !== '') yield comma
    yield* changeJson(change)
    comma = ','
  }
  yield ']}'
}

/** What whoever opens a project is told, as `OpenedProject`, in pieces. */
export function openedJson({
  project,
  session,
  ...rest
}: OpenedProject | Imported): JsonPieces & Iterable<string | undefined> {
  const { context, blueprint } = session
  const { seq, image } = session.withDurable(({ seq: at, graph }) => ({
    seq: at,
    image: graph.image(),
  }))
  const { session_id, project_id, template_id, template_digest, epoch } = context
  const graph = { session_id, project_id, template_id, template_digest, seq, epoch }
  const head = { project_id: project.project_id, project_name: project.project_name, session_id }
  return (function* () {
    yield `${JSON.stringify(head).slice(0, -1)},"graph":`
    yield* graphJson(graph, image.nodes())
    yield ',"orphans":'
    yield* orphansJson(() => image.nodes(), blueprint)
    // What an import was told of its file: `warnings` and `more_warnings`.
    for (const [key, value] of Object.entries(rest)) yield `,"${key}":${JSON.stringify(value)}`
    yield '}'
  })()
}

/** Characters that are put together in one turn of the event loop. */
const CHARS = 64 * 1024

/** Milliseconds that a client may take for a part before others work meanwhile, and at most. */
const SLOW_MS = 250
const STALLED_MS = 30_000

/** JSON in pieces; an undefined is a piece of work without text. */
type JsonPieces = Iterator<string | undefined>

/** The next part of the text, and whether it is the last. */
function nextPart(pieces: JsonPieces): { text: string; done: boolean } {
  const texts: string[] = []
  for (let chars = 0; chars < CHARS && !loopTurns.isOver();) {
    const { done, value } = pieces.next()
    if (done) return { text: texts.join(''), done }
    if (value === undefined) continue
    texts.push(value)
    chars += value.length
  }
  return { text: texts.join(''), done: false }
}

/** Lets others work while a client is slow to take a part, and gives it up when it stands still. */
function watchClient(permit: Permit, giveUp: () => void): () => Promise<void> {
  const slow = setTimeout(permit.pause, SLOW_MS)
  const stalled = setTimeout(giveUp, STALLED_MS)
  return () => {
    clearTimeout(slow)
    clearTimeout(stalled)
    return permit.resume()
  }
}

async function* parts(
  first: string,
  pieces: JsonPieces,
  { permit, giveUp }: { permit: Permit; giveUp: () => void },
): AsyncGenerator<string> {
  let taken: (() => Promise<void>) | undefined
  try {
    for (let part = { text: first, done: false }; ; part = nextPart(pieces)) {
      if (part.text !== '') {
        taken = watchClient(permit, giveUp)
        yield part.text
        await taken()
      }
      if (part.done) return
      await takeTurn(permit.gone)
    }
  } finally {
    permit.release()
    // The client may have gone while it had not taken the last part.
    await taken?.().catch(() => undefined)
  }
}

/**
 * JSON of any length that never holds up the event loop: text, where one turn is enough for all of
 * it, else a stream of which each part is made in a turn of its own, when the client takes it. A
 * stream gives the permit back when it has ended.
 */
export async function streamed(pieces: JsonPieces, permit: Permit): Promise<string | Readable> {
  await takeTurn(permit.gone)
  const { text, done } = nextPart(pieces)
  if (done) return text
  const giveUp = () => stream.destroy()
  const stream = Readable.from(parts(text, pieces, { permit, giveUp }), { objectMode: false })
  permit.gone.addEventListener('abort', giveUp)
  return stream
}
