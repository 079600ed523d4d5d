import type { Change, Entry, Node } from '@talus/protocol'
import { expect, test } from 'vitest'
import { entryPieces } from '../src/history/entry-pieces.js'

function nodes(count: number): Node[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `n${n}`,
    blueprint_type_id: 't',
    name: 'a "quoted" name, with \\ and ] and }',
    parent_id: null,
    children: [],
    properties: { list: [1, [2, { x: '"' }]], text: 'x'.repeat(50) },
    created_at: '2026-01-28T15:30:00Z',
  }))
}

/** What the pieces put together are. */
function together(body: string): Entry {
  const pieces = entryPieces(body)
  const changes: Change[] = []
  let replacing: Node[] = []
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return { ...value, changes }
    if (value?.kind === 'change') changes.push(value.change)
    if (value?.kind === 'node') replacing.push(value.node)
    if (value?.kind !== 'replaced') continue
    replacing = []
    changes.push({ type: 'graph-replaced', nodes: replacing })
  }
}

const added = (node: Node): Change => ({ type: 'node-added', node, parent_id: null, index: 0 })

test.each<[string, Change[]]>([
  ['one replacement', [{ type: 'graph-replaced', nodes: nodes(1_000) }]],
  [
    'an empty replacement and a long one',
    [
      { type: 'graph-replaced', nodes: [] },
      { type: 'graph-replaced', nodes: nodes(1_000) },
    ],
  ],
  ['many changes', nodes(1_000).map(added)],
  ['a few', nodes(3).map(added)],
  [
    'changes around a replacement',
    [
      ...nodes(600).map(added),
      { type: 'graph-replaced', nodes: nodes(600) },
      ...nodes(600).map(added),
    ],
  ],
])('[HIST1] an entry with %s is the same in pieces', (_, changes) => {
  const rest = { command_id: 'c', command_type: 'LoadProject', kind: 'do', actor: { id: 'ann' } }
  const result = { project_id: 'p', text: '],[' }
  const entry = { seq: 7, ...rest, changes, result, timestamp: '2026-01-28T15:30:00Z' }
  expect(together(JSON.stringify(entry))).toEqual(entry)
})
