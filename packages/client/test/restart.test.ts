import { expect, test } from 'vitest'
import { connect, type Session } from '../src/index.js'
import { eventually } from './eventually.js'
import { TestServer } from './server.js'

const QUICK = { reconnect: { minDelayMs: 50, maxDelayMs: 200 } }

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function createMany(session: Session, from: number, to: number) {
  const names = Array.from({ length: to - from }, (_, index) => `n-${from + index}`)
  return names.map((name) => session.execute('CreateNode', { blueprint_type_id: 'task', name }))
}

test('200 commands survive kill -9: each resolves, is there once, and in order', async () => {
  await using server = await TestServer.start()
  const client = connect(server.url, QUICK)
  const session = await client.join('killed')

  const first = createMany(session, 0, 120)
  // Some are acknowledged, some are on their way, some wait for their turn.
  await first[20]
  await server.end('SIGKILL')
  const second = createMany(session, 120, 200)
  await server.restart()
  const acks = await Promise.all([...first, ...second])

  const graph = await client.rest.getGraph({ session_id: 'killed' })
  expect(graph.nodes.map(({ name }) => name)).toEqual(
    Array.from({ length: 200 }, (_, index) => `n-${index}`),
  )
  expect(acks.map(({ result }) => result.node_id)).toEqual(graph.roots)
  expect(acks.map(({ seq }) => seq)).toEqual(acks.map((_, index) => index + 1))
  client.close()
})

test('a server that says goodbye is connected to again, and reconnect comes after the joins', async () => {
  await using server = await TestServer.start()
  const client = connect(server.url, { ...QUICK, actor: 'ada' })
  const session = await client.join('goodbye')
  const story: string[] = []
  const say = (line: string) => story.push(line)
  client.on('status', (status) => say(JSON.stringify(status)))
  client.on('reconnect', (attempts) => {
    expect(attempts).toBeGreaterThan(0)
    say('reconnect')
  })
  session.on('session:connected', () => say('joined again'))
  session.on('entry', ({ actor, changes: [change] }) => {
    if (change?.type === 'node-added') say(`${actor.id}: ${change.node.name}`)
  })
  const seqBefore = session.joined.seq
  await eventually(() => expect(client.status).toBe('live'))

  await server.end('SIGTERM')
  await eventually(() => expect(client.status).toBe('offline'))
  const offline = session.execute('CreateNode', { blueprint_type_id: 'task', name: 'offline' })
  await server.restart()
  await offline
  await session.execute('CreateNode', { blueprint_type_id: 'task', name: 'online' })

  await eventually(() => expect(story.at(-1)).toBe('ada: online'))
  expect(story.slice(story.indexOf('"offline"'))).toEqual([
    '"offline"',
    '"joining"',
    'joined again',
    '"live"',
    'reconnect',
    'ada: offline',
    'ada: online',
  ])
  expect(session.joined.seq).toBe(seqBefore)
  client.close()
})

test('a client may start before the server', async () => {
  await using server = await TestServer.start()
  await server.end('SIGKILL')
  const client = connect(server.url, QUICK)
  const joining = client.join('early')
  await eventually(() => expect(client.status).toBe('offline'))
  await server.restart()
  const session = await joining
  await session.execute('CreateNode', { blueprint_type_id: 'task' })
  client.close()
})

test('a session that is left while offline is not joined again', async () => {
  await using server = await TestServer.start()
  const client = connect(server.url, QUICK)
  const session = await client.join('left-offline')
  await server.end('SIGKILL')
  await eventually(() => expect(client.status).toBe('offline'))
  await session.leave()
  await server.restart()
  await eventually(() => expect(client.status).toBe('live'))
  await later(50)
  const other = await client.join('other')
  expect(other.joined.active_clients).toBe(1)
  const again = await client.join('left-offline')
  expect(again.joined.active_clients).toBe(1)
  client.close()
})
