import { expect, onTestFinished, test } from 'vitest'
import { testApp, type TestApp } from '../harness.js'
import { notebook, runSnippet } from './snippet.js'

const PAGE = ['updateLocalState', 'showNotification', 'log', 'error'] as const

/** A page that runs one of the recommendations on a connected socket. */
async function following(app: TestApp, name: string) {
  const notes = notebook(PAGE)
  const { log, error, ...page } = notes.functions
  const { socket } = await app.client({ reconnectionDelay: 1 })
  onTestFinished(() => void socket.disconnect())
  const fromPage = (path: string) => fetch(new URL(path, app.url))
  const scope = {
    ...page,
    socket,
    sessionId: 's',
    fetch: fromPage,
    console: { log, error },
  }
  await runSnippet(name, { url: app.url, session_id: 's' }, { scope })
  // Since version 4 of the client it is the manager that tells of a reconnection, not the socket.
  socket.io.on('reconnect', (attempt) => {
    for (const handler of socket.listeners('reconnect')) handler(attempt)
  })
  return { notes, socket }
}

test('[JOIN4] the recommended reconnection joins the session again', async () => {
  await using app = await testApp()
  const other = await (await app.client()).join('s')
  const { notes, socket } = await following(app, 'best-reconnect')
  socket.io.engine.close()
  await other.next('session:connected', ({ client_id }) => client_id === socket.id)
  expect(notes.calls).toEqual([{ name: 'log', args: ['Reconnected after', 1, 'attempts'] }])
})

test('[SYNC2] the recommended synchronisation fetches the graph', async () => {
  await using app = await testApp()
  const writer = await app.client()
  await writer.join('s')
  await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: 'n' })
  const { notes, socket } = await following(app, 'best-state')
  socket.io.engine.close()
  const [graph] = await notes.called('updateLocalState')
  expect(graph).toMatchObject({ session_id: 's', seq: 1, roots: ['n'], nodes: [{ id: 'n' }] })
})

test('[JOIN1] the recommended error handling tells the user', async () => {
  await using app = await testApp()
  const { notes, socket } = await following(app, 'best-errors')
  socket.emit('join_session', { session_id: 'not an id' })
  expect(await notes.called('showNotification')).toEqual(['Connection error', 'error'])
  const [line, error] = await notes.called('error')
  expect([line, error]).toMatchObject(['Socket error:', { message: 'Missing session_id' }])
})

test('[VER1] the recommended error handling tells the user of a refused connection', async () => {
  await using app = await testApp()
  const { notes, socket } = await following(app, 'best-errors')
  socket.auth = { protocol_version: '9.0' }
  socket.disconnect().connect()
  expect(await notes.called('showNotification')).toEqual(['Cannot connect to server', 'error'])
})

test('[CMD2] the recommended batching takes every change of a property', async () => {
  await using app = await testApp()
  const { socket } = await following(app, 'best-batching')
  await socket.emitWithAck('join_session', { session_id: 's' })
  const execute = (command_type: string, data: object) =>
    socket.emitWithAck('execute_command', { session_id: 's', command_type, data })
  const changed = new Promise((resolve) => socket.once('property-changed', resolve))
  await execute('CreateNode', { blueprint_type_id: 't', node_id: 'n' })
  await execute('UpdateProperty', { node_id: 'n', property_id: 'p', new_value: 1 })
  expect(await changed).toMatchObject({ node_id: 'n', property_id: 'p', new_value: 1 })
})
