import {
  fail,
  MAX_SEARCH_PATH,
  ok,
  type Result,
  type SearchMatch,
  type SearchPage,
  type SearchQuery,
} from '@talus/protocol'
import type { RoleView } from '../access/role-view.js'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { Capture } from '../capture.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import type { NodeRecord } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import type { Matcher } from './condition.js'
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

function pageOf(capture: Capture, found: readonly NodeRecord[], has_more: boolean): SearchPage {
  const matches = found.map((record) => ({
    node: capture.node(record),
    path: pathTo(capture, record),
  }))
  return { matches, has_more, next_cursor: has_more ? (found.at(-1)?.id ?? null) : null }
}

type Hunt = { query: SearchQuery; matches: Matcher; view: RoleView | null }

function* find(capture: Capture, { query, matches, view }: Hunt): Steps<SearchPage> {
  const { subtree, cursor, limit = DEFAULT_LIMIT } = query
  yield* capture.prepare()
  const found: NodeRecord[] = []
  let isBehindCursor = cursor === undefined
  let looked = 0
  for (const record of capture.preorder(subtree === undefined ? {} : { from: subtree })) {
    looked += 1
    if (looked % NODES_PER_STEP === 0) yield
    if (isBehindCursor) {
      // Nothing is found by what is not shown.
      const seen = view ? view.record(record) : record
      if (matches(seen)) {
        if (found.length === limit) return pageOf(capture, found, true)
        found.push(seen)
      }
    }
    isBehindCursor ||= record.id === cursor
  }
  return pageOf(capture, found, false)
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
  return places.ok ? ok(find(graph.capture(), { query, matches: matcher.value, view })) : places
}
