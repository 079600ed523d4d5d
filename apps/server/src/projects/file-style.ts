import { createHash } from 'node:crypto'
import { type Blueprint, sameJson } from '@talus/graph'
import type { JsonObject, JsonValue } from '@talus/protocol'
import { endOfString } from '../payload.js'
import { asText, type Layout } from './file-node.js'
import type { Edge } from './file-tree.js'
import type { NodePieces } from './file.js'

/** How a file writes its nodes, so that what is written later looks like the rest. */
export type FileStyle = {
  /** White space before each node, and after the last. */
  lead: string
  tail: string
  /** Of one level; empty where a node is on one line. */
  indent: string
  /** A space after colons, and after commas of one line. */
  spaced: boolean
  /** Everything beyond ASCII as an escape. */
  ascii: boolean
}

export const COMPACT: FileStyle = { lead: '', tail: '', indent: '', spaced: false, ascii: false }

/** Behind the white space at a place. */
function pastSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1
  return at
}

/** The style of a file by its first and its last node. */
export function styleOf(first: string, last: string, ascii: boolean): FileStyle {
  const lead = first.slice(0, pastSpace(first, 0))
  const tail = last.slice(last.trimEnd().length)
  const [, inner] = /\{\r?\n([ \t]*)"/.exec(first) ?? []
  const around = lead.slice(lead.lastIndexOf('\n') + 1)
  const indent = inner?.startsWith(around) ? inner.slice(around.length) : ''
  return { lead, tail, indent, spaced: /"\s*: /.test(first), ascii }
}

function escaped(text: string): string {
  return text.replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A value as the file would write it, so many levels below a node. */
export function styled(value: JsonValue, style: FileStyle, level = 0): string {
  const { lead, indent, spaced, ascii } = style
  let text: string
  if (indent !== '') {
    const line = lead.replace(/^.*(\r?\n)/s, '$1') + indent.repeat(level)
    text = JSON.stringify(value, null, indent).replaceAll('\n', line)
  } else if (spaced) {
    text = JSON.stringify(value, null, 1).replaceAll(/,\n */g, ', ').replaceAll(/\n */g, '')
  } else {
    text = JSON.stringify(value)
  }
  return ascii ? escaped(text) : text
}

/** One member of an object as it is written. */
type Member = { before: string; key: string; value: string }

/** Where a value ends that begins there. */
function endOfValue(text: string, begin: number): number {
  let depth = 0
  for (let at = begin; at < text.length; at += 1) {
    const char = text[at]
    if (char === '"') at = endOfString(text, at) - 1
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      if (depth === 0) return at
      depth -= 1
    } else if (char === ',' && depth === 0) return at
  }
  return text.length
}

/** The members of an object of which the text is known to be JSON, and what follows the last. */
function membersOf(text: string): { members: Member[]; close: string } {
  const members: Member[] = []
  let from = text.indexOf('{') + 1
  for (;;) {
    const quote = pastSpace(text, from)
    if (text[quote] !== '"') return { members, close: text.slice(from) }
    const keyEnd = endOfString(text, quote)
    const colon = text.indexOf(':', keyEnd) + 1
    const begin = pastSpace(text, colon)
    const end = endOfValue(text, begin)
    const value = text.slice(begin, end).trimEnd()
    const key = JSON.parse(text.slice(quote, keyEnd)) as string
    members.push({ before: text.slice(from, begin), key, value })
    if (text[end] !== ',') return { members, close: text.slice(begin + value.length) }
    from = end + 1
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/**
 * A text of a file in which only that is written anew which differs: `before` is what the text meant,
 * `after` what it is to mean. What it says beside `before` stays.
 */
export function patched(
  text: string,
  { before, after }: { before: JsonValue; after: JsonValue },
  style: FileStyle,
  level = 0,
): string {
  if (sameJson(before, after)) return text
  if (!isObject(before) || !isObject(after) || !text.startsWith('{')) {
    return styled(after, style, level)
  }
  const { members, close } = membersOf(text)
  if (members.length === 0) return styled(after, style, level)
  const written = new Set(members.map(({ key }) => key))
  const kept = members.flatMap((member) => {
    const [was, is] = [own(before, member.key), own(after, member.key)]
    if (sameJson(was, is)) return [member.before + member.value]
    if (is === undefined) return []
    const value =
      was === undefined
        ? styled(is, style, level + 1)
        : patched(member.value, { before: was, after: is }, style, level + 1)
    return [member.before + value]
  })
  const { before: last = '' } = members.at(-1) ?? {}
  const gap = last.slice(0, pastSpace(last, 0))
  const colon = style.indent !== '' || style.spaced ? ': ' : ':'
  for (const [key, value] of Object.entries(after)) {
    if (written.has(key) || sameJson(own(before, key), value)) continue
    kept.push(`${gap}${styled(key, style)}${colon}${styled(value, style, level + 1)}`)
  }
  return `{${kept.join(',')}${close}`
}

/** The different layouts of the nodes of a file, and which of them each node has. */
export class Layouts {
  readonly layouts: Layout[] = []
  readonly laidOut: number[] = []
  readonly #known = new Map<string, number>()

  add(layout: Layout): void {
    const name = JSON.stringify(layout)
    let at = this.#known.get(name)
    if (at === undefined) {
      at = this.layouts.push(layout) - 1
      this.#known.set(name, at)
    }
    this.laidOut.push(at)
  }
}

/** What tells whether nodes stand where others stood: of nodes in pre-order. */
export class StructureDigest {
  readonly #hash = createHash('sha1')

  add(id: string, parent_id: string | null): void {
    this.#hash.update(`${id} ${parent_id ?? ''}\n`)
  }

  digest(): string {
    return this.#hash.digest('base64url')
  }
}

const SOURCES = ['source', 'parent_id', 'parent'] as const
const TARGETS = ['target', 'child_id', 'child'] as const

function endOf(edge: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = asText(edge[key])
    if (text) return text
  }
  return undefined
}

/** The list of edges of a file, wherever its nodes are. */
function listIn(document: JsonObject): { list: JsonValue[]; at: string } {
  const { graph } = document
  const [holder, at] = isObject(graph) ? [graph, '/graph/edges'] : [document, '/edges']
  const { edges } = holder
  return { list: Array.isArray(edges) ? edges : [], at }
}

/** Both ends of an edge, by the ids of the file; undefined for what is no edge. */
function endsOf(edge: JsonValue): { source: string; target: string } | undefined {
  if (!isObject(edge)) return undefined
  const [source, target] = [endOf(edge, SOURCES), endOf(edge, TARGETS)]
  return source !== undefined && target !== undefined ? { source, target } : undefined
}

/** What a file says of parents and children beside its nodes. */
export function edgesOf(document: JsonObject): Edge[] {
  const { list, at } = listIn(document)
  return list.flatMap((edge, index) => {
    const ends = endsOf(edge)
    return ends ? [{ ...ends, at: `${at}/${index}` }] : []
  })
}

/** The document without the edges of which `holds` says that they are no longer true. */
export function withoutEdges(
  document: JsonObject,
  holds: (edge: { source: string; target: string }) => boolean,
): JsonObject {
  const { list } = listIn(document)
  const edges = list.filter((edge) => {
    const ends = endsOf(edge)
    return !ends || holds(ends)
  })
  if (edges.length === list.length) return document
  const { graph } = document
  return isObject(graph) ? { ...document, graph: { ...graph, edges } } : { ...document, edges }
}

/** Ids of nodes whose type the template no longer has, as JSON; an undefined is work without one. */
function* orphanedNodes(nodes: NodePieces, blueprint: Blueprint): Generator<string | undefined> {
  for (const node of nodes) {
    const isOrphan = node && !blueprint.typeOf(node.blueprint_type_id)
    yield isOrphan ? JSON.stringify(node.id) : undefined
  }
}

/** Properties that the template no longer declares, as JSON. */
function* orphanedProperties(
  nodes: NodePieces,
  blueprint: Blueprint,
): Generator<string | undefined> {
  for (const node of nodes) {
    yield undefined
    const type = node && blueprint.typeOf(node.blueprint_type_id)
    if (!type) continue
    for (const property_id of Object.keys(node.properties)) {
      // Every node has a name, whether or not its type declares it.
      if (property_id === 'name' || type.property(property_id)) continue
      yield JSON.stringify({ node_id: node.id, property_id })
    }
  }
}

function* listed(items: Iterable<string | undefined>): Generator<string | undefined> {
  yield '['
  let comma = ''
  for (const item of items) {
    yield item && comma + item
    if (item) comma = ','
  }
  yield ']'
}

/**
 * Nodes whose type, and properties whose declaration, the template no longer has, as JSON in
 * pieces. `walk` gives the nodes, each time it is called.
 */
export function* orphansJson(
  walk: () => NodePieces,
  blueprint: Blueprint | null,
): Generator<string | undefined> {
  if (!blueprint) return yield '{"nodes":[],"properties":[]}'
  yield '{"nodes":'
  yield* listed(orphanedNodes(walk(), blueprint))
  yield ',"properties":'
  yield* listed(orphanedProperties(walk(), blueprint))
  yield '}'
}
