import type { JsonValue, Node, SearchQuery } from '@talus/protocol'
import { expect, test } from 'vitest'
import { ProjectGraph, search } from '../src/index.js'
import { ended } from './ended.js'
import { NOW } from './session.js'

type Draft = { parent_id?: string; name?: string; properties?: Record<string, JsonValue> }

function graphOf(drafts: Record<string, Draft>): ProjectGraph {
  return ProjectGraph.fromNodes(
    Object.entries(drafts).map(([id, { parent_id = null, name = id, properties = {} }]): Node => {
      const node = { id, blueprint_type_id: 't', name, parent_id, children: [], properties }
      return { ...node, created_at: NOW }
    }),
  )
}

/** The ids on each page, and the steps that it took. */
function pagesOf(graph: ProjectGraph, query: SearchQuery) {
  const pages: { ids: string[]; steps: number }[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const begun = search(graph, cursor === undefined ? query : { ...query, cursor }, {
      blueprint: null,
    })
    if (!begun.ok) throw new Error(begun.error.message)
    let steps = 0
    const counted = (function* counted() {
      for (;;) {
        const step = begun.value.next()
        if (step.done) return step.value
        steps += 1
        yield undefined
      }
    })()
    const { matches, has_more, next_cursor } = ended(counted)
    expect(has_more).toBe(next_cursor !== null)
    pages.push({ ids: matches.map(({ node }) => node.id), steps })
    cursor = next_cursor
  }
  return pages
}

const MEGABYTE = 'a'.repeat(1_000_000)

test('[FIND1] a page of matches ends by size, and has one match at least', () => {
  const graph = graphOf({
    small: {},
    large: { name: MEGABYTE, properties: { text: MEGABYTE } },
    list: { properties: { texts: ['a'.repeat(600_000), 'a'.repeat(600_000)] } },
    one: {},
    two: {},
    // What stands above it is told with it.
    below: { parent_id: 'large' },
  })
  const pages = pagesOf(graph, {}).map(({ ids }) => ids)
  expect(pages).toEqual([['small'], ['large'], ['below'], ['list'], ['one', 'two']])
})

test('[FIND1] a query that compares much ends its page before it has looked at everything', () => {
  const drafts = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, i): [string, Draft] => [`n${i}`, { properties: { a: i } }]),
  )
  const value = Array.from({ length: 10_000 }, (_, i) => -1 - i)
  const property = [{ property_id: 'a', operator: 'in' as const, value: [...value, 2_999] }]
  const pages = pagesOf(graphOf(drafts), { property })
  expect(pages.length).toBeGreaterThan(1)
  expect(pages.flatMap(({ ids }) => ids)).toEqual(['n2999'])
})

test('[FIND1] a long name is looked through in steps', () => {
  const graph = graphOf({ n: { name: '\ufdfa'.repeat(300_000) } })
  const [page] = pagesOf(graph, { text: 'zzzz' })
  expect(page?.steps).toBeGreaterThan(50)
})
