import type { JsonObject } from '@talus/protocol'
import { expect, test } from 'vitest'
import { destinationOf } from '../src/start/share-link.js'
import { pictureOf } from '../src/start/type-layers.js'

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

test('types stand as far below the root as they are steps away, with lines downwards only', () => {
  const template: JsonObject = {
    node_types: [
      { id: 'task', allowed_children: ['task', 'note'], color: 'url(x)' },
      { id: 'root', features: ['is_root'], allowed_children: ['phase', 'task'], color: '#123456' },
      { id: 'phase', allowed_children: ['task', 'gone', 'root'] },
      { id: 'note' },
      { id: 'lost' },
    ],
  }
  const { types, lines, layers } = pictureOf(template)
  expect(layers).toBe(3)
  expect(Object.fromEntries(types.map(({ id, y }) => [id, y]))).toEqual({
    root: 0,
    lost: 0,
    task: 1,
    phase: 1,
    note: 2,
  })
  expect(lines.map(({ from, to }) => `${from.id} ${to.id}`)).toEqual([
    'task note',
    'root phase',
    'root task',
  ])
  const colorOf = (id: string) => types.find((type) => type.id === id)?.look.color
  // Nothing but a colour comes from a template into the page.
  expect([colorOf('root'), colorOf('task')]).toEqual(['#123456', '#64748b'])
})
