import type { JsonValue, Node, SearchMatch } from '@talus/protocol'

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
export function* openNodeJson(node: Node): Generator<string> {
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
