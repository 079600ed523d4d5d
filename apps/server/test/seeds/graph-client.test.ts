import { io, type Socket } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { testApp, type TestApp } from '../harness.js'
import { notebook, runSnippet } from './snippet.js'

const PAGE = [
  'addNodeToTree',
  'removeNodeFromTree',
  'updatePropertyDisplay',
  'log',
  'error',
] as const

/** The client of the integration document, on a page that notes what it does. */
async function graphPage(app: TestApp, session_id: string) {
  const notes = notebook(PAGE)
  const { log, error, ...page } = notes.functions
  const scope = { io, console: { log, error }, ...page }
  const place = { url: app.url, session_id }
  const socket = await runSnippet<Socket>('graph-client', place, { scope, gives: 'socket' })
  onTestFinished(() => void socket.disconnect())
  await new Promise<void>((resolve) => socket.once('session:connected', () => resolve()))
  return { notes, socket }
}

test('[JOIN3] the client of the integration document is welcomed and counted', async () => {
  await using app = await testApp()
  await app.graphClient('s')
  const { notes, socket } = await graphPage(app, 's')
  expect(notes.calls.map(({ args }) => args)).toEqual([
    ['Connected to graph WebSocket'],
    ['Session connected, 2 clients online'],
  ])
  socket.disconnect()
  expect(notes.calls.at(-1)?.args).toEqual(['Disconnected from WebSocket'])
})

test('[CMD2] the client of the integration document follows nodes, properties and commands', async () => {
  await using app = await testApp()
  const writer = await app.client()
  const { notes, socket } = await graphPage(app, 's')
  notes.calls.length = 0
  const node = { blueprint_type_id: 't', name: 'Root', node_id: 'root' }
  await writer.execute('s', 'CreateNode', node)
  const edit = { node_id: 'root', property_id: 'status', new_value: 'done' }
  await writer.execute('s', 'UpdatePropertyCommand', edit)
  await writer.execute('s', 'DeleteNode', { node_id: 'root' })
  await writer.execute('s', 'DeleteNode', { node_id: 'root' })
  await socket.emitWithAck('preview_command', {
    command_type: 'DeleteNode',
    data: { node_id: 'x' },
  })
  const event = expect.objectContaining({ session_id: 's', node_id: 'root' })
  expect(notes.calls.map(({ name, args }) => [name, ...args])).toEqual([
    ['log', 'Command executing:', 'CreateNode'],
    ['log', 'Node created:', event],
    ['addNodeToTree', 'root', 'Root', null],
    ['log', 'Command executed:', 'CreateNode'],
    ['log', 'Command executing:', 'UpdateProperty'],
    ['log', 'Property changed:', event],
    ['updatePropertyDisplay', 'root', 'status', 'done'],
    ['log', 'Command executed:', 'UpdateProperty'],
    ['log', 'Command executing:', 'DeleteNode'],
    ['log', 'Node deleted:', event],
    ['removeNodeFromTree', 'root'],
    ['log', 'Command executed:', 'DeleteNode'],
    ['log', 'Command executing:', 'DeleteNode'],
    ['error', 'Command failed:', 'Node not found'],
  ])
})

test('[CMD9] the client of the integration document is told of a request that cannot be read', async () => {
  await using app = await testApp()
  const { notes, socket } = await graphPage(app, 's')
  socket.emit('execute_command', { command_type: '' })
  expect(await notes.called('error')).toEqual([
    'WebSocket error:',
    expect.objectContaining({ code: 'BAD_REQUEST', message: expect.any(String) }),
  ])
})
