import type { JsonObject } from '@talus/protocol'
import { expect, test } from 'vitest'
import { destinationOf } from '../src/start/share-link.js'
import { readTemplate } from '@talus/client/templates'
import { diagramOf, typesOf } from '../src/templates/diagram-layout.js'
import { withReferences } from '../src/work/schema.js'

test.each([
  ['my-session', { session_id: 'my-session' }],
  ['  a.b:c ', { session_id: 'a.b:c' }],
  ['http://localhost:5000/#/s/my-session', { session_id: 'my-session' }],
  ['https://host/talus/#/s/a%3Ab?share=t%2B1', { session_id: 'a:b', share: 't+1' }],
  ['two words', undefined],
  ['http://localhost:5000/docs/', undefined],
  ['', undefined],
])('%j leads to %j', (text, destination) => {
  expect(destinationOf(text)).toEqual(destination)
})

test('a diagram has every type in its place, and a line for each that may stand below another', () => {
  const template: JsonObject = {
    node_types: [
      { id: 'task', allowed_children: ['task', 'note'], color: 'url(x)' },
      { id: 'root', features: ['is_root'], allowed_children: ['phase', 'task'], color: '#123456' },
      { id: 'phase', allowed_children: ['task', 'gone', 'root'] },
      { id: 'note', properties: [{ id: 'text', type: 'text', required: true }] },
      { id: 'lost' },
    ],
  }
  const types = typesOf(template)
  const { lines, types: placed, width, height } = diagramOf(types, false)
  expect(lines.map(({ from, to }) => `${from} ${to}`).toSorted()).toEqual([
    'phase root',
    'phase task',
    'root phase',
    'root task',
    'task note',
  ])
  const byId = new Map(placed.map((type) => [type.id, type]))
  expect(byId.get('task')?.above).toEqual(['task', 'root', 'phase'])
  expect(byId.get('note')?.x).toBeGreaterThan(byId.get('task')?.x ?? Infinity)
  for (const [index, a] of placed.entries()) {
    expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0)
    expect([a.x + a.width / 2 <= width, a.y + a.height / 2 <= height]).toEqual([true, true])
    for (const b of placed.slice(index + 1)) {
      const isApart =
        Math.abs(a.x - b.x) >= (a.width + b.width) / 2 ||
        Math.abs(a.y - b.y) >= (a.height + b.height) / 2
      expect([a.id, b.id, isApart]).toEqual([a.id, b.id, true])
    }
  }
  // Nothing but a colour comes from a template into the page.
  const colorOf = (id: string) => byId.get(id)?.look.color
  expect([colorOf('root'), colorOf('task')]).toEqual(['#123456', '#64748b'])
})

test('references between nodes that are pasted together are to the new ones, and other ids stay', () => {
  const { template } = readTemplate({
    node_types: [
      {
        id: 'task',
        features: ['is_root'],
        allowed_children: ['task'],
        properties: [
          { id: 'after', type: 'node_reference' },
          { id: 'who', uuid: 'who-1', type: 'person' },
          { id: 'note', type: 'text' },
        ],
      },
    ],
  })
  const anew = new Map([
    ['a', 'new-a'],
    ['b', 'new-b'],
  ])
  const properties = { after: ['b', 'elsewhere', 'a'], 'who-1': 'a', note: 'a', other: 'b' }
  expect(withReferences(properties, template?.typeOf('task'), anew)).toEqual({
    after: ['new-b', 'elsewhere', 'new-a'],
    'who-1': 'new-a',
    note: 'a',
    other: 'b',
  })
})
