import type { SessionGraph } from '@talus/client'
import type { JsonObject } from '@talus/protocol'

/** A copied node: everything that a new node needs, in any session. */
export type CopiedNode = {
  /** Id of the original; undefined if the text does not have it. */
  id: string | undefined
  /** The index of its parent in the list; null for the topmost. */
  parent: number | null
  blueprint_type_id: string
  name: string
  properties: JsonObject
}

const FORMAT = 'talus-nodes'

/** Nodes with their descendants, parents first. */
export function copiedOf(graph: SessionGraph, tops: readonly string[]): CopiedNode[] {
  const places = new Map<string, number>()
  const copied: CopiedNode[] = []
  for (const top of tops) {
    for (const { id, parent_id, blueprint_type_id, name, properties } of graph.walk(top)) {
      const parent = id === top ? null : (places.get(parent_id ?? '') ?? null)
      places.set(id, copied.length)
      copied.push({ id, parent, blueprint_type_id, name, properties: { ...properties } })
    }
  }
  return copied
}

/** Serializes nodes for the clipboard, for other sessions too. */
export function textOfCopied(nodes: readonly CopiedNode[]): string {
  return JSON.stringify({ format: FORMAT, nodes }, null, 1)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readNode(value: unknown, at: number): CopiedNode | undefined {
  if (!isObject(value)) return undefined
  const { id, parent, blueprint_type_id, name, properties } = value
  const isIndex =
    typeof parent === 'number' && Number.isInteger(parent) && parent >= 0 && parent < at
  const isPlaced = parent === null || isIndex
  if (!isPlaced || typeof blueprint_type_id !== 'string' || typeof name !== 'string')
    return undefined
  if (!isObject(properties)) return undefined
  // What JSON.parse gave holds nothing but JSON.
  return {
    id: typeof id === 'string' ? id : undefined,
    parent: isIndex ? parent : null,
    blueprint_type_id,
    name,
    properties: properties as JsonObject,
  }
}

/** What `textOfCopied` wrote, here or elsewhere; undefined for any other text. */
export function readCopied(text: string): CopiedNode[] | undefined {
  try {
    const read: unknown = JSON.parse(text)
    if (!isObject(read) || read['format'] !== FORMAT || !Array.isArray(read['nodes'])) {
      return undefined
    }
    const nodes = read['nodes'].map(readNode)
    const known = nodes.filter((node) => node !== undefined)
    return known.length === nodes.length && known.length > 0 ? known : undefined
  } catch {
    return undefined
  }
}
