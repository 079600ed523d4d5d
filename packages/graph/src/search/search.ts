import {
  fail,
  MAX_SEARCH_PATH,
  ok,
  type JsonValue,
  type Result,
  type SearchMatch,
  type SearchPage,
  type SearchQuery,
} from '@talus/protocol'
import type { RoleView } from '../access/role-view.js'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { Capture } from '../capture.js'
import type { Steps } from '../steps.js'
import type { NodeRecord } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import type { WeighedMatcher } from './matcher.js'
import { queryMatcher } from './query.js'

const DEFAULT_LIMIT = 100

function pathTo(capture: Capture, record: NodeRecord): SearchMatch['path'] {
  const path: SearchMatch['path'] = []
  let at = record.parent_id
  while (at !== null && path.length < MAX_SEARCH_PATH) {
    const above = capture.record(at)
    if (!above) break
    path.push({ id: above.id, name: above.name })
    at = above.parent_id
  }
  return path.reverse()
}

/** Characters of matches after which a page is full. */
const PAGE_CHARS = 1024 * 1024

/** Comparisons after which a page ends, whatever was found: about a second. */
const PAGE_WORK = 2_000_000

/** Characters that are as much work as one comparison. */
const CHARS_PER_WORK = 64

/** Characters of the texts that a value holds, which are most of it as JSON. */
function charsOf(value: JsonValue): number {
  let chars = 0
  const open: JsonValue[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    chars += typeof next === 'string' ? next.length : 4
    if (typeof next !== 'object' || next === null) continue
    for (const item of Array.isArray(next) ? next : Object.values(next)) open.push(item)
  }
  return chars
}

/** Characters of the texts of a node that are looked at when it is searched. */
function textChars({ name, properties }: NodeRecord): number {
  let chars = name.length
  for (const key in properties) {
    const value = properties[key]
    chars += typeof value === 'string' ? value.length : 4
  }
  return chars
}

/** The matches that fit onto a page, and whether it is full. */
class Page {
  readonly #matches: SearchMatch[] = []
  readonly #limit: number
  #chars = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes a match. False: it belongs to the next page. */
  add(match: SearchMatch): boolean {
    const { properties, name, children, metadata = null, extra = null } = match.node
    const rest = charsOf([properties, metadata, extra, children])
    const chars = name.length + rest + charsOf(match.path.map((above) => above.name))
    const isFirst = this.#matches.length === 0
    if (this.#matches.length === this.#limit) return false
    if (!isFirst && this.#chars + chars > PAGE_CHARS) return false
    this.#matches.push(match)
    this.#chars += chars
    return true
  }

  /** `cursor`: the node that the next page begins behind; null: there is no next page. */
  end(cursor: string | null): SearchPage {
    return { matches: this.#matches, has_more: cursor !== null, next_cursor: cursor }
  }

  /** The page as it is when there is no room for another match. */
  full(): SearchPage {
    return this.end(this.#matches.at(-1)?.node.id ?? null)
  }
}

type Hunt = { query: SearchQuery; matcher: WeighedMatcher; view: RoleView | null }

function* find(capture: Capture, { query, matcher, view }: Hunt): Steps<SearchPage> {
  const { subtree, cursor, limit = DEFAULT_LIMIT } = query
  yield* capture.prepare()
  const page = new Page(limit)
  let isBehindCursor = cursor === undefined
  let last: string | null = null
  let work = 0
  for (const record of capture.preorder(subtree === undefined ? {} : { from: subtree })) {
    yield
    if (isBehindCursor) {
      if (work > PAGE_WORK) return page.end(last)
      // Nothing is found by what is not shown.
      const seen = view ? view.record(record) : record
      work += matcher.weight * (1 + textChars(seen) / CHARS_PER_WORK)
      const found = matcher.matches(seen)
      const isMatch = typeof found === 'boolean' ? found : yield* found
      if (isMatch && !page.add({ node: capture.node(seen), path: pathTo(capture, seen) })) {
        return page.full()
      }
      last = record.id
    }
    isBehindCursor ||= record.id === cursor
  }
  return page.end(null)
}

/** Where a query begins and continues: both nodes have to be there. */
function checkPlaces(graph: ProjectGraph, { subtree, cursor }: SearchQuery): Result<null> {
  if (subtree !== undefined && !graph.has(subtree)) {
    return fail('NODE_NOT_FOUND', 'Node not found', [
      { path: '/subtree', expected: 'the id of a node of the graph', actual: subtree },
    ])
  }
  if (cursor === undefined) return ok(null)
  if (graph.has(cursor) && (subtree === undefined || graph.isWithin(cursor, subtree))) {
    return ok(null)
  }
  return fail('NODE_NOT_FOUND', 'The node that the page before ended with is gone', [
    {
      path: '/cursor',
      expected: 'a cursor whose node is still where the search looks',
      actual: cursor,
      hint: 'Search again from the start',
    },
  ])
}

/**
 * Looks for nodes in the graph as it is now, or as a view shows it (rules FIND1, FIND2, VIEW3).
 * Errors: NODE_NOT_FOUND for
 * `subtree` and `cursor`, BAD_REQUEST for a value that its operator cannot take.
 */
export function search(
  graph: ProjectGraph,
  query: SearchQuery,
  { blueprint, view = null }: { blueprint: Blueprint | null; view?: RoleView | null },
): Result<Steps<SearchPage>> {
  const matcher = queryMatcher(query, blueprint)
  if (!matcher.ok) return matcher
  const places = checkPlaces(graph, query)
  return places.ok ? ok(find(graph.capture(), { query, matcher: matcher.value, view })) : places
}
