import { expect, test } from 'vitest'
import type { Change, Entry, Node } from '@talus/protocol'
import { type EntryText, LongText } from '../src/journal/entry-text.js'
import { entryPieces } from '../src/session/entry-pieces.js'

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
function putTogether(body: EntryText): Entry {
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

/** In parts of so many characters. */
function cut(text: string, chars: number): EntryText {
  const count = Math.ceil(text.length / chars)
  return new LongText(
    Array.from({ length: count }, (_, i) => text.slice(i * chars, (i + 1) * chars)),
  )
}

const LONG_RESULT = {
  result: {
    none: [],
    deleted_ids: Array.from({ length: 8_000 }, (_, i) => TEXTS[i % TEXTS.length] ?? ''),
    '"},': { list: [[], {}, 1, null] },
    many: Array.from({ length: 500 }, (_, i) => ({ node_id: `${i}`, list: [i, [TEXTS]] })),
  },
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
  ['many changes', added(700)],
  ['a small graph', [replaced(2)]],
  ['a large graph', [replaced(700)]],
  ['an empty graph between others', [...added(600), replaced(0), ...added(1)]],
  ['two large graphs', [replaced(400), ...added(1), replaced(400)]],
])('[HIST1] an entry with %s is read in pieces as it is parsed', (_, changes) => {
  for (const rest of [{}, { label: TEXTS.join('') }, LONG_RESULT]) {
    const body = JSON.stringify(entry(changes, rest))
    const expected: unknown = JSON.parse(body)
    expect(putTogether(body)).toEqual(expected)
    for (const chars of [61, 4_099]) expect(putTogether(cut(body, chars))).toEqual(expected)
  }
})
