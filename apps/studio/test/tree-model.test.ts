import { connect, type Session } from '@talus/client'
import { startTestServer, type TestServer } from '@talus/server/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { rowsOf, topmost } from '../src/tree/rows.js'
import { TreeModel } from '../src/tree/tree-model.js'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server.close())

/** a, with b (c, d) and e below it, and a second root f. */
async function tree(): Promise<Session> {
  const client = connect(server.url)
  onTestFinished(() => client.close())
  const { session_id } = await server.createSession()
  const session = await client.join(session_id)
  const places = { a: null, b: 'a', c: 'b', d: 'b', e: 'a', f: null }
  for (const [node_id, parent_id] of Object.entries(places)) {
    const data = { blueprint_type_id: 'task', name: node_id, node_id, parent_id }
    void session.execute('CreateNode', data)
  }
  await session.flush()
  return session
}

const shown = (model: TreeModel) => model.state.rows.map(({ id }) => id).join('')
const selected = (model: TreeModel) => [...model.state.selected].toSorted().join('')

test('rows are what is expanded, with their places among their siblings', async () => {
  const { graph } = await tree()
  expect(rowsOf(graph, new Set(['a']))).toEqual([
    { id: 'a', level: 1, position: 1, siblings: 2, hasChildren: true },
    { id: 'b', level: 2, position: 1, siblings: 2, hasChildren: true },
    { id: 'e', level: 2, position: 2, siblings: 2, hasChildren: false },
    { id: 'f', level: 1, position: 2, siblings: 2, hasChildren: false },
  ])
})

test('of nodes below each other the topmost remain, in the order of the tree', async () => {
  const { graph } = await tree()
  expect(topmost(graph, ['f', 'd', 'b', 'e'])).toEqual(['b', 'e', 'f'])
  expect(topmost(graph, ['d', 'c', 'nowhere'])).toEqual(['c', 'd'])
})

test('a range is selected from the last row that was chosen alone', async () => {
  const model = new TreeModel((await tree()).graph)
  model.choose('c')
  model.choose('e', 'range')
  expect([selected(model), model.state.focus]).toEqual(['cde', 'e'])
  model.choose('a', 'range')
  expect(selected(model)).toBe('abc')
  model.choose('f', 'toggle')
  expect(selected(model)).toBe('abcf')
})

test('a collapsed node takes the focus of what is inside, and its rows are gone', async () => {
  const model = new TreeModel((await tree()).graph)
  model.choose('d')
  model.collapse('b')
  expect([shown(model), model.state.focus, selected(model)]).toEqual(['abef', 'b', 'b'])
  expect(model.reveal('c')).toBe(true)
  expect([shown(model), model.state.focus]).toEqual(['abcdef', 'c'])
  expect(model.reveal('nowhere')).toBe(false)
})

test('where the focus was deleted, the row that stands there now has it', async () => {
  const session = await tree()
  const model = new TreeModel(session.graph)
  model.choose('b')
  await session.execute('DeleteNode', { node_id: 'b' })
  model.refresh()
  expect([shown(model), model.state.focus, selected(model)]).toEqual(['aef', 'e', 'e'])
})

test('a node that is awaited is gone to when it comes, and is named', async () => {
  const session = await tree()
  const model = new TreeModel(session.graph)
  model.collapse('a')
  model.await('g', { rename: true })
  expect(model.state.renaming).toBeNull()
  const data = { blueprint_type_id: 'task', name: 'g', node_id: 'g', parent_id: 'b' }
  await session.execute('CreateNode', data)
  model.refresh()
  const { focus, renaming } = model.state
  expect([shown(model), focus, renaming]).toEqual(['abcdgef', 'g', 'g'])
})
