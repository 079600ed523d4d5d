import { expect, test } from 'vitest'
import type { Change, Entry, Node } from '@talus/protocol'
import { entryPieces } from '../src/session/role-view.js'

/** What is written without being looked at: brackets, quotes and escapes of every kind. */
const TEXTS = ['', '"', '\\', '\\"', '}],{[', '","changes":[', '\u2028\ud800', 'é😀', '\n\\\\"]}']

function node(id: string, at: number): Node {
  const text = TEXTS[at % TEXTS.length] ?? ''
  const properties = { [`key ${text}`]: text, list: [text, { deep: [text, null, 1.5, []] }] }
  const [blueprint_type_id, created_at] = ['t', '2026-01-01T00:00:00.000Z']
  return {
    id,
    blueprint_type_id,
    name: text,
    parent_id: null,
    children: [],
    properties,
    created_at,
  }
}

function entry(changes: Change[], rest: Partial<Entry> = {}): Entry {
  const actor = { id: '","changes":[', name: '"changes":[]' }
  const told = { command_id: 'c', command_type: 'Batch', kind: 'do', timestamp: 't' } as const
  return { seq: 7, ...told, actor, changes, result: { list: [TEXTS, {}] }, ...rest }
}

/** The entry as its pieces tell it. */
function putTogether(body: string): Entry {
  const changes: Change[] = []
  const pieces = entryPieces(body)
  let step = pieces.next()
  for (; !step.done; step = pieces.next()) {
    const last = changes.at(-1)
    if (step.value?.kind === 'change') changes.push(step.value.change)
    if (step.value?.kind === 'replaced') changes.push({ type: 'graph-replaced', nodes: [] })
    if (step.value?.kind !== 'node') continue
    if (last?.type !== 'graph-replaced') throw new Error('a node without its graph')
    last.nodes.push(step.value.node)
  }
  return { ...step.value, changes }
}

/** Enough of them that the text is long, or few. */
function added(count: number): Change[] {
  return Array.from({ length: count }, (_, i) => {
    return { type: 'node-added', node: node(`n${i}`, i), parent_id: null, index: i }
  })
}

function replaced(count: number): Change {
  return { type: 'graph-replaced', nodes: Array.from({ length: count }, (_, i) => node(`${i}`, i)) }
}

test.each<[string, Change[]]>([
  ['nothing', []],
  ['few changes', added(3)],
  ['many changes', added(2_000)],
  ['a small graph', [replaced(2)]],
  ['a large graph', [replaced(2_000)]],
  ['an empty graph between others', [...added(1_500), replaced(0), ...added(1)]],
  ['two large graphs', [replaced(1_000), ...added(1), replaced(1_000)]],
])('[HIST1] an entry with %s is read in pieces as it is parsed', (_, changes) => {
  for (const rest of [{}, { label: TEXTS.join('') }]) {
    const body = JSON.stringify(entry(changes, rest))
    expect(putTogether(body)).toEqual(JSON.parse(body))
  }
})
