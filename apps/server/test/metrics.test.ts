import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { HeldJournal } from './held-journal.js'
import { quickApp, testApp } from './harness.js'
import { DOORS, openDoor } from './doors.js'
import { scrape, scrapeOf } from './scrape.js'
import { bearer, SECRET } from './tokens.js'

const CREATE = { blueprint_type_id: 'task', name: 'A task' }

test('commands are counted by door, type and result, and timed', async () => {
  await using app = await quickApp()
  for (const [i, name] of DOORS.entries()) {
    const session_id = `s${i}`
    await app.api('POST', '/sessions', { session_id })
    const door = await openDoor(app, name, session_id)
    const label = name === 'REST' ? 'rest' : name
    await door.execute('CreateNode', CREATE, { command_id: 'c' })
    await door.execute('CreateNodeCommand', CREATE, { command_id: 'd' })
    await door.execute('CreateNode', CREATE, { command_id: 'c' })
    await door.execute('DeleteNode', { node_id: 'gone' })
    await door.execute('Nonsense', {})
    await door.ask('preview', { command_type: 'CreateNode', data: CREATE })
    await door.ask('undo')
    await door.ask('redo')
    await door.ask('redo')
    const seen = await scrapeOf(app)
    const count = (type: string, result: string) =>
      seen.value('talus_commands_total', { door: label, type, result })
    expect([
      count('CreateNode', 'ok'),
      count('CreateNode', 'duplicate'),
      count('DeleteNode', 'NODE_NOT_FOUND'),
      count('unknown', 'UNKNOWN_COMMAND'),
      count('Undo', 'ok'),
      count('Redo', 'ok'),
      count('Redo', 'NOTHING_TO_REDO'),
    ]).toEqual([2, 1, 1, 1, 1, 1, 1])
    expect(seen.value('talus_command_seconds_count', { door: label })).toBe(8)
    expect(seen.value('talus_previews_total', { door: label, result: 'ok' })).toBe(1)
    expect(seen.value('talus_reverts_total', { kind: 'undo', outcome: 'applied' })).toBe(i + 1)
  }
})

test('no label holds an id or a text of a client', async () => {
  await using app = await quickApp()
  const client = await app.client()
  const mine = 'only-a-client-says-this'
  await client.join(mine)
  await client.execute(mine, mine, {}, { command_id: mine, label: mine })
  await client.execute(mine, 'CreateNode', { blueprint_type_id: mine, node_id: mine, name: mine })
  await client.ask(mine, {})
  await app.api('GET', `/sessions/${mine}`)
  await app.api('GET', `/${mine}?${mine}=${mine}`)
  await app.api('POST', '/sessions', { session_id: mine, template_id: mine })
  const text = await (await fetch(`${app.url}/metrics`)).text()
  expect(text).toContain('talus_commands_total{')
  expect(text).not.toContain(mine)
})

test('connections, rooms and the fan-out are told as they are', async () => {
  await using app = await quickApp()
  const [one, two] = [await app.client(), await app.client({ transports: ['polling'] })]
  const graph = await app.graphClient('s')
  await one.join('s')
  await two.join('other')
  await one.ask('update_presence', { session_id: 's', state: { focus: null } })
  await one.execute('s', 'CreateNode', CREATE)
  await graph.next('graph:node-created')
  const seen = await scrapeOf(app)
  const connections = (namespace: string, transport: string) =>
    seen.value('talus_connections', { namespace, transport })
  expect([
    connections('/', 'websocket'),
    connections('/', 'polling'),
    connections('/graph', 'websocket'),
    connections('/graph', 'polling'),
  ]).toEqual([1, 1, 1, 0])
  expect(seen.value('talus_rooms')).toBe(2)
  expect(seen.value('talus_room_clients')).toBe(3)
  expect(seen.value('talus_sessions_open')).toBe(2)
  expect(seen.value('talus_presence_updates_total')).toBe(1)
  expect(seen.value('talus_publication_clients_sum')).toBe(2)
  for (const path of ['direct', 'queued']) {
    expect(seen.value('talus_fanout_writes_total', { path })).toBeGreaterThan(0)
  }
  expect(seen.value('talus_fanout_packets_total')).toBeGreaterThan(5)
  expect(seen.value('talus_fanout_bytes_total')).toBeGreaterThan(500)
  expect(seen.value('talus_buffered_bytes')).toBe(0)
  graph.socket.disconnect()
  await one.next('session:disconnected')
  expect((await scrapeOf(app)).value('talus_room_clients')).toBe(2)
})

test('groups that fail to become durable are counted', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', CREATE)
  held.fail()
  await client.execute('s', 'CreateNode', CREATE)
  const seen = await scrapeOf(app)
  expect(seen.value('talus_append_failures_total')).toBe(1)
  expect(seen.value('talus_append_seconds_count')).toBe(2)
  expect(seen.value('talus_append_commands_sum')).toBe(2)
  const failed = { type: 'CreateNode', result: 'STORAGE_UNAVAILABLE' }
  expect(seen.value('talus_commands_total', failed)).toBe(1)
})

test('the journal tells what is staged and how large it is', async () => {
  await using app = await testApp()
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', CREATE)
  const seen = await scrapeOf(app)
  expect(seen.value('talus_journal_staged_entries')).toBe(1)
  expect(seen.value('talus_journal_bytes')).toBeGreaterThan(4_096)
  expect(seen.value('talus_ready')).toBe(1)
})

test('a journal that is silent leaves its metrics out and is not ready; the scrape answers', async () => {
  const held = new HeldJournal()
  const silent = () => new Promise<never>(() => undefined)
  await using app = await quickApp({ journal: { ...held.journal, ping: silent, size: silent } })
  const seen = await scrapeOf(app)
  expect(seen.value('talus_ready')).toBe(0)
  expect(seen.value('talus_journal_bytes')).toBeUndefined()
})

test('[AUTH2] with authentication, metrics are for administrators', async () => {
  await using app = await quickApp({ args: ['--jwt-secret', SECRET, '--admins', 'root'] })
  const status = async (headers: HeadersInit) =>
    (await fetch(`${app.url}/metrics`, { headers })).status
  expect(await status({})).toBe(401)
  expect(await status(await bearer('ann'))).toBe(403)
  const seen = await scrape(app.url, await bearer('root'))
  expect(seen.value('talus_authentications_total', { result: 'UNAUTHORIZED' })).toBe(1)
  expect(seen.value('talus_authentications_total', { result: 'ok' })).toBe(2)
})

test('a listener of their own serves the metrics and nothing else', async () => {
  const args = ['--jwt-secret', SECRET, '--metrics-port', '0']
  await using app = await quickApp({ args })
  const url = `http://127.0.0.1:${app.metricsPort()}`
  expect((await scrape(url)).value('talus_build_info')).toBe(1)
  for (const path of ['/', '/api/v1/sessions', '/socket.io/?EIO=4&transport=polling']) {
    expect((await fetch(url + path)).status).toBe(404)
  }
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404)
})

test('apps in one process count for themselves; the process is told once', async () => {
  await using one = await quickApp()
  await using two = await quickApp()
  await (await (await one.client()).join('s')).execute('s', 'CreateNode', CREATE)
  expect((await scrapeOf(one)).value('talus_commands_total')).toBe(1)
  const seen = await scrapeOf(two)
  expect(seen.value('talus_commands_total')).toBeUndefined()
  expect(seen.types.get('nodejs_eventloop_lag_p99_seconds')).toBe('gauge')
})

const TOKEN = 'a token of the metrics'

test('metrics can ask for a token of their own, on either listener', async () => {
  for (const auth of [[], ['--jwt-secret', SECRET, '--admins', 'root']]) {
    const args = [...auth, '--metrics-port', '0', '--metrics-token', TOKEN.replaceAll(' ', '-')]
    await using app = await quickApp({ args })
    const own = `http://127.0.0.1:${app.metricsPort()}`
    const status = async (url: string, token: string | undefined) =>
      (
        await fetch(`${url}/metrics`, {
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        })
      ).status
    for (const url of [own, app.url]) {
      expect(await status(url, undefined)).toBe(401)
      expect(await status(url, 'another token')).toBe(401)
      expect(await status(url, TOKEN.replaceAll(' ', '-'))).toBe(200)
    }
  }
})

test('[DOOR2] the listener of the metrics answers to names of this machine only', async () => {
  const answer = async (port: number | undefined, headers: string[]) => {
    const lines = ['GET /metrics HTTP/1.1', ...headers, 'Connection: close', '', '']
    const socket = connect(port ?? 0, '127.0.0.1', () => socket.write(lines.join('\r\n')))
    let text = ''
    for await (const chunk of socket.setEncoding('utf8')) text += chunk
    return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])
  }
  const args = ['--jwt-secret', SECRET, '--metrics-port', '0']
  await using app = await quickApp({ args })
  const port = app.metricsPort()
  expect(await answer(port, ['Host: localhost'])).toBe(200)
  expect(await answer(port, ['Host: bent.example'])).toBe(403)
  expect(await answer(port, ['Host: localhost', 'Host: bent.example'])).toBe(400)
  expect(await answer(port, [])).toBe(400)
  await using named = await quickApp({ args: [...args, '--allowed-hosts', 'metrics.example'] })
  expect(await answer(named.metricsPort(), ['Host: metrics.example:9464'])).toBe(200)
  expect(await answer(named.metricsPort(), ['Host: bent.example'])).toBe(403)
})
