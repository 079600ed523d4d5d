import type { Socket } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { testApp, type RawClient, type TestApp } from '../harness.js'
import { notebook, runSnippet } from './snippet.js'

const SESSION = 'session-of-the-page'

const PAGE = [
  'addNodeToTree',
  'removeNodeFromTree',
  'updateNodeProperty',
  'linkNodes',
  'unlinkNodes',
  'showCommandProgress',
  'hideCommandProgress',
  'showError',
  'fetchGraphState',
  'log',
  'error',
] as const

type PageFunction = (typeof PAGE)[number]

type Step = (writer: RawClient) => Promise<unknown>

function execute(command_type: string, data: object, command_id: string): Step {
  return (writer) => writer.execute(SESSION, command_type, data, { command_id })
}

const created = (node_id: string) => execute('CreateNode', { blueprint_type_id: 't', node_id }, 'c')

type Snippet = {
  name: string
  /** What happens before the snippet listens, and what it should hear of. */
  before?: Step[]
  provoke: Step
  /** How it calls the page, or the console. */
  calls: PageFunction
  args: unknown[]
}

const heard = (line: string, data: object) => [line, expect.objectContaining(data)]

const SNIPPETS: Snippet[] = [
  {
    name: 'node-created',
    provoke: created('n'),
    calls: 'addNodeToTree',
    args: [expect.objectContaining({ id: 'n', parent_id: null, properties: {}, children: [] })],
  },
  {
    name: 'node-deleted',
    before: [created('n')],
    provoke: execute('DeleteNode', { node_id: 'n' }, 'd'),
    calls: 'removeNodeFromTree',
    args: ['n'],
  },
  {
    name: 'property-changed',
    before: [created('n')],
    provoke: execute('UpdateProperty', { node_id: 'n', property_id: 'p', new_value: [1] }, 'u'),
    calls: 'updateNodeProperty',
    args: ['n', 'p', [1]],
  },
  {
    name: 'node-linked',
    before: [created('n'), execute('CreateNode', { blueprint_type_id: 't', node_id: 'm' }, 'c2')],
    provoke: execute('LinkNode', { parent_id: 'n', child_id: 'm' }, 'l'),
    calls: 'linkNodes',
    args: ['n', 'm'],
  },
  {
    name: 'node-unlinked',
    before: [
      created('n'),
      execute('CreateNode', { blueprint_type_id: 't', node_id: 'm', parent_id: 'n' }, 'c2'),
    ],
    provoke: execute('UnlinkNode', { parent_id: 'n', child_id: 'm' }, 'l'),
    calls: 'unlinkNodes',
    args: ['n', 'm'],
  },
  {
    name: 'command-executing',
    provoke: created('n'),
    calls: 'showCommandProgress',
    args: ['CreateNode'],
  },
  { name: 'command-executed', provoke: created('n'), calls: 'hideCommandProgress', args: [] },
  {
    name: 'command-failed',
    provoke: execute('CreateNode', { blueprint_type_id: 't', parent_id: 'none' }, 'c'),
    calls: 'showError',
    args: ['Parent node not found'],
  },
  {
    name: 'command-undo',
    before: [created('n')],
    provoke: (writer) => writer.ask('undo_command', { session_id: SESSION }),
    calls: 'log',
    args: heard('Command undone:', { command_id: 'c', command_type: 'CreateNode' }),
  },
  {
    name: 'command-undo',
    before: [created('n')],
    provoke: (writer) => writer.ask('undo_command', { session_id: SESSION }),
    calls: 'fetchGraphState',
    args: [],
  },
  {
    name: 'command-redo',
    before: [created('n'), (writer) => writer.ask('undo_command', { session_id: SESSION })],
    provoke: (writer) => writer.ask('redo_command', { session_id: SESSION }),
    calls: 'fetchGraphState',
    args: [],
  },
  {
    name: 'session-connected',
    provoke: async (writer) => writer.join(SESSION),
    calls: 'log',
    args: heard('Client joined:', { event: 'session:connected', session_id: SESSION }),
  },
  {
    name: 'session-disconnected',
    before: [(writer) => writer.join(SESSION)],
    provoke: (writer) => writer.ask('leave_session', { session_id: SESSION }),
    calls: 'log',
    args: heard('Client left:', { event: 'session:disconnected', session_id: SESSION }),
  },
]

/** A page that has connected by the document's own snippet. */
async function pageOn(app: TestApp) {
  const notes = notebook(PAGE)
  const { log, error } = notes.functions
  const scope = { ...notes.functions, console: { log, error } }
  const place = { url: app.url, session_id: SESSION }
  const given = { scope: { console: scope.console }, gives: 'socket' }
  const socket = await runSnippet<Socket>('connect', place, given)
  onTestFinished(() => void socket.disconnect())
  const { log: _log, error: _error, ...page } = scope
  const run = (name: string) => runSnippet(name, place, { scope: { ...page, socket } })
  return { notes, socket, run }
}

async function joinedPageOn(app: TestApp) {
  const page = await pageOn(app)
  const joined = new Promise((resolve) => page.socket.once('joined', resolve))
  await page.run('join-session')
  await joined
  return page
}

test('[JOIN3] the connection snippet connects, the joining ones join and leave', async () => {
  await using app = await testApp()
  const { notes, socket, run } = await pageOn(app)
  for (const name of ['joined', 'left']) await run(name)
  await run('join-session')
  await run('leave-session')
  const left = new Promise((resolve) => socket.once('left', resolve))
  await left
  const who = { session_id: SESSION, client_id: socket.id }
  expect(notes.calls.map(({ args }) => args)).toEqual([
    ['Connected to server:', socket.id],
    heard('Joined session:', { ...who, active_clients: 1 }),
    heard('Left session:', who),
  ])
  socket.disconnect()
  expect(notes.calls.at(-1)?.args).toEqual(['Disconnected from server'])
})

test('[JOIN4] the ping snippet is answered', async () => {
  await using app = await testApp()
  const { notes, socket, run } = await pageOn(app)
  await run('pong')
  const pong = new Promise((resolve) => socket.once('pong', () => resolve(undefined)))
  await run('ping')
  await pong
  expect(notes.calls.at(-1)?.args).toEqual(['Server is alive'])
})

test('[JOIN1] the error snippet hears of a join without a session', async () => {
  await using app = await testApp()
  const { notes, socket, run } = await pageOn(app)
  await run('error')
  socket.emit('join_session', {})
  const [line, data] = await notes.called('error')
  expect([line, data]).toEqual(heard('Server error:', { message: 'Missing session_id' }))
})

test.each(SNIPPETS)('[CMD2] [UNDO2] [JOIN3] the snippet $name calls $calls', async (snippet) => {
  await using app = await testApp()
  const writer = await app.client()
  const { notes, run } = await joinedPageOn(app)
  for (const step of snippet.before ?? []) await step(writer)
  await run(snippet.name)
  notes.calls.length = 0
  await snippet.provoke(writer)
  expect(await notes.called(snippet.calls)).toEqual(snippet.args)
})
