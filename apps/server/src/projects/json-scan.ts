import type { JsonValue } from '@talus/protocol'
import { type FileStyle, styled } from './file-style.js'

/** Where a project file lies in its bytes. */
export type Scanned = {
  /** Where each item of the nodes begins and ends, in turns; ends do not belong to it. */
  places: Uint32Array
  /** Whether the nodes are members of an object, named by their ids: an item begins with its key. */
  keyed: boolean
  /** The file without its nodes, cut where they stand. */
  before: Buffer
  after: Buffer
}

/** Where the nodes of a file are: in its graph, or beside everything else in older files. */
export type NodesAt = 'graph' | 'top'

/** `values`: objects, lists and what is in them. `bytes`: of one node, of all beside the nodes. */
export type ScanLimits = { values: number; bytes: number }

/** What cannot be read on. */
export type ScanProblem =
  | { problem: 'values' }
  | { problem: 'node-bytes'; index: number }
  | { problem: 'rest-bytes' }
  | { problem: 'twice'; key: string }

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Levels of brackets around `graph` and around `nodes`. */
const TOP = 1
const GRAPH = 2

/**
 * Finds the nodes of a project file without building anything of it, and counts what building it
 * would make. It trusts in nothing: a file that is no JSON gives pieces that are none either, and
 * the pieces of one that is JSON are JSON.
 */
export class ProjectScan {
  readonly #bytes: Buffer
  readonly #limits: ScanLimits
  readonly #nodesAt: NodesAt
  #places = new Uint32Array(1_024)
  #count = 0
  #values = 1

  constructor(bytes: Buffer, limits: ScanLimits, nodesAt: NodesAt = 'graph') {
    this.#bytes = bytes
    this.#limits = limits
    this.#nodesAt = nodesAt
  }

  run(): Scanned | ScanProblem {
    const bytes = this.#bytes
    const isTop = this.#nodesAt === 'top'
    let cut: { at: number; end: number; keyed: boolean } | undefined
    let depth = 0
    /** The key before the value that comes next, on the two levels that matter. */
    let key = ''
    let isInGraph = false
    let hasGraph = false
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (byte === QUOTE) {
        const end = this.#endOfString(at)
        if (depth === TOP || (isInGraph && depth === GRAPH)) {
          if (this.#isKey(end)) key = this.#text(at, end)
        }
        at = end - 1
      } else if (byte === COMMA) {
        if (++this.#values > this.#limits.values) return { problem: 'values' }
        if (depth === TOP || (isInGraph && depth === GRAPH)) key = ''
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (++this.#values > this.#limits.values) return { problem: 'values' }
        depth += 1
        const holdsNodes = isTop ? depth === GRAPH : isInGraph && depth === GRAPH + 1
        if (byte === OPEN_OBJECT && depth === GRAPH && key === 'graph') {
          // Of two, a reader of JSON takes the last: nobody means that.
          if (hasGraph) return { problem: 'twice', key }
          isInGraph = hasGraph = true
          key = ''
        } else if (holdsNodes && key === 'nodes') {
          if (cut) return { problem: 'twice', key }
          const end = this.#nodes(at + 1)
          if (typeof end === 'object') return end
          cut = { at: at + 1, end, keyed: byte === OPEN_OBJECT }
          at = end - 1
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (isInGraph && depth === GRAPH) isInGraph = false
        depth -= 1
      }
    }
    const { at, end, keyed } = cut ?? { at: bytes.length, end: bytes.length, keyed: false }
    if (at + bytes.length - end > this.#limits.bytes) return { problem: 'rest-bytes' }
    return {
      places: this.#places.subarray(0, 2 * this.#count),
      keyed,
      before: bytes.subarray(0, at),
      after: bytes.subarray(end),
    }
  }

  /** Notes the items of the list that begins there; gives where its bracket is. */
  #nodes(from: number): number | ScanProblem {
    const bytes = this.#bytes
    let depth = 0
    let begin = from
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (byte === QUOTE) {
        at = this.#endOfString(at) - 1
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (++this.#values > this.#limits.values) return { problem: 'values' }
        depth += 1
      } else if (byte === COMMA) {
        if (++this.#values > this.#limits.values) return { problem: 'values' }
        if (depth > 0) continue
        if (!this.#place(begin, at)) return { problem: 'node-bytes', index: this.#count }
        begin = at + 1
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (depth > 0) {
          depth -= 1
          continue
        }
        // An empty list has no item; after a comma, nothing is one that cannot be read.
        const isEmpty = this.#count === 0 && bytes.subarray(begin, at).toString().trim() === ''
        if (isEmpty || this.#place(begin, at)) return at
        return { problem: 'node-bytes', index: this.#count }
      }
    }
    return bytes.length
  }

  #place(begin: number, end: number): boolean {
    if (end - begin > this.#limits.bytes) return false
    if (2 * this.#count === this.#places.length) {
      const longer = new Uint32Array(2 * this.#places.length)
      longer.set(this.#places)
      this.#places = longer
    }
    this.#places[2 * this.#count] = begin
    this.#places[2 * this.#count + 1] = end
    this.#count += 1
    return true
  }

  /** After the quote that ends the string. */
  #endOfString(begin: number): number {
    const bytes = this.#bytes
    for (let at = begin + 1; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (byte === QUOTE) return at + 1
      if (byte === BACKSLASH) at += 1
    }
    return bytes.length
  }

  /** Whether the string that ends there is the key of a member. */
  #isKey(end: number): boolean {
    let at = end
    while (at < this.#bytes.length && (this.#bytes[at] ?? 0) <= 0x20) at += 1
    return this.#bytes[at] === COLON
  }

  /** A key may be written with escapes; one that cannot be read is none that is looked for. */
  #text(begin: number, end: number): string {
    // Longer than `"graph"` with every character escaped.
    if (end - begin > 64) return ''
    try {
      return JSON.parse(this.#bytes.subarray(begin, end).toString()) as string
    } catch {
      // No key that is looked for; whoever parses the file says what is wrong with it.
      return ''
    }
  }
}

/** One item of the nodes of a file as it is written: `head` is what stands before the node itself. */
type ItemParts = { key: string | undefined; head: string; body: string; foot: string }

function pastSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1
  return at
}

/** Cuts an item, without its comma, into its parts. `keyed`: it is a member of an object. */
export function itemParts(text: string, keyed: boolean): ItemParts {
  let begin = pastSpace(text, 0)
  let key: string | undefined
  if (keyed) {
    let end = begin + 1
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    key = text.slice(begin, end + 1)
    begin = pastSpace(text, text.indexOf(':', end) + 1)
  }
  const body = text.slice(begin).trimEnd()
  return { key, head: text.slice(0, begin), body, foot: text.slice(begin + body.length) }
}

/** An item as the file would write it. */
export function itemText(
  { id, value }: { id: string; value: JsonValue },
  style: FileStyle,
  keyed: boolean,
): string {
  const colon = style.indent !== '' || style.spaced ? ': ' : ':'
  const key = keyed ? styled(id, style) + colon : ''
  return style.lead + key + styled(value, style)
}

/** A file without nodes, cut where they stand. */
export function cutAtNodes(text: string): readonly [before: string, after: string] {
  const bytes = Buffer.from(text)
  for (const at of ['graph', 'top'] as const) {
    const cut = new ProjectScan(bytes, { values: Infinity, bytes: Infinity }, at).run()
    if ('before' in cut && cut.after.length > 0) {
      return [cut.before.toString(), cut.after.toString()]
    }
  }
  throw new Error('a project file has no place for its nodes')
}
