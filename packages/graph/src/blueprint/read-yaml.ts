import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Scalar,
} from 'yaml'

/** Real templates share a few lists at most; more is an attack on memory. */
const MAX_ALIASES = 100

/**
 * Aliases of a whole document: each is looked for among all anchors and aliases before it, so that
 * thousands of them would take seconds.
 */
const MAX_ALIASES_IN_ALL = 1_000

export type Source = { ok: true; value: unknown } | { ok: false; reason: string }

type Problem = { message: string; pos: readonly number[] }

/** "at line 3, column 7" of the text. */
function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line += 1
  return `at line ${line}, column ${offset - lineStart + 1}`
}

/** A key that a map has twice. The parser's own check compares every key with all before it. */
function repeatedKey(items: readonly { key: unknown }[]): Problem | undefined {
  const keys = new Set<unknown>()
  for (const { key } of items) {
    if (!isScalar(key)) continue
    if (keys.has(key.value)) {
      return { message: 'Map keys must be unique', pos: [key.range?.[0] ?? 0] }
    }
    keys.add(key.value)
  }
  return undefined
}

const INTEGER = /^[-+]?(?:\d+|0x[\da-f]+|0o[0-7]+)$/i

/** What JSON could not carry as it is written, and a number of JavaScript cannot hold. */
function flawOf({ value, source = '', range }: Scalar): Problem | undefined {
  const pos = [range?.[0] ?? 0]
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
    return { message: 'Half of a surrogate pair is no character', pos }
  }
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !INTEGER.test(source)) {
    return undefined
  }
  if (String(value) === source.replace(/^\+/, '')) return undefined
  return { message: 'The number loses digits: integers beyond 9007199254740991 go in quotes', pos }
}

/** What is wrong with a document that is well-formed. Keeps a list of what is still to be read. */
function problemIn(document: Document.Parsed): Problem | undefined {
  let aliases = 0
  const open: unknown[] = [document.contents]
  while (open.length > 0) {
    const node = open.pop()
    if (isPair(node)) {
      open.push(node.value, node.key)
    } else if (isMap(node)) {
      const problem = repeatedKey(node.items)
      if (problem) return problem
      for (const item of node.items) open.push(item)
    } else if (isSeq(node)) {
      for (const item of node.items) open.push(item)
    } else if (isScalar(node)) {
      const problem = flawOf(node)
      if (problem) return problem
    } else if (isAlias(node) && ++aliases > MAX_ALIASES_IN_ALL) {
      return { message: `More than ${MAX_ALIASES_IN_ALL} aliases`, pos: [node.range?.[0] ?? 0] }
    }
  }
  return undefined
}

type Mapping = Record<string, unknown>

const PLAIN = { writable: true, enumerable: true, configurable: true }

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The value with its merge keys (`<<`) read as YAML 1.1 does, and PyYAML: own keys come before merged
 * ones, earlier maps before later ones. An anchored value is one object, and is merged once; the parser's
 * own option reads it anew for each alias, beside the limit of aliases.
 */
function mergedIn(value: unknown, done = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = done.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) {
    const items: unknown[] = []
    done.set(value, items)
    for (const item of value) items.push(mergedIn(item, done))
    return items
  }
  const { '<<': sources, ...own } = value as Mapping
  const merged: Mapping = {}
  done.set(value, merged)
  const add = (key: string, each: unknown) =>
    // Assigned, `__proto__` would vanish, which is to be refused.
    Object.defineProperty(merged, key, { value: each, ...PLAIN })
  const maps = sources === undefined ? [] : [mergedIn(sources, done)].flat()
  if (!maps.every(isMapping)) throw new TypeError('a merge key (<<) needs a map or a list of maps')
  for (const map of maps.toReversed()) {
    for (const [key, each] of Object.entries(map)) add(key, each)
  }
  for (const [key, each] of Object.entries(own)) add(key, mergedIn(each, done))
  return merged
}

/**
 * YAML 1.2 text as plain values, with merge keys: no tags but the standard ones, no duplicate keys, one document.
 * Takes some microseconds for each token and tens of times the memory of the text: text of
 * strangers is read in a thread that can be ended.
 */
export function readYaml(text: string): Source {
  try {
    // Pretty errors copy the line that they are about, each of them: one line may be all there is.
    const options = {
      schema: 'core',
      logLevel: 'error',
      uniqueKeys: false,
      prettyErrors: false,
    } as const
    const document = parseDocument(text, options)
    // A tag that is not known is only a warning to the parser; its value would be a guess.
    const problem = document.errors[0] ?? document.warnings[0] ?? problemIn(document)
    if (problem) {
      const place = placeIn(text, problem.pos[0] ?? 0)
      return { ok: false, reason: `The template is not valid YAML: ${problem.message} ${place}` }
    }
    return { ok: true, value: mergedIn(document.toJS({ maxAliasCount: MAX_ALIASES })) }
  } catch (error) {
    // Too many aliases, or nesting beyond the stack.
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: `The template cannot be read: ${reason}` }
  }
}
