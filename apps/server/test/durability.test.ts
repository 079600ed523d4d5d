import type { Entry } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import type { Journal } from '../src/journal/index.js'
import { DOORS, openDoor } from './doors.js'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { HeldJournal } from './held-journal.js'

const create = (node_id: string) => ({ blueprint_type_id: 'task', name: 'a', node_id })

async function graphOf(app: TestApp): Promise<Record<string, unknown>> {
  return (await app.api('GET', '/graph?session_id=s')).body
}

/** Events that tell what happened; that something is under way may be told earlier. */
function told(client: RawClient): string[] {
  const early = ['command:executing', 'session:connected', 'joined']
  return client.names().filter((name) => !early.includes(name))
}

/** Appends an entry to the journal as another server node would. */
async function appendElsewhere(held: HeldJournal, entry: Entry): Promise<void> {
  const { seq, command_id } = entry
  const body = JSON.stringify(entry)
  const commit = { seq, command_id, payload_hash: 'foreign', body, ack: null }
  const batch = { session_id: 's', base_seq: seq - 1, commits: [commit], receipts: [] }
  expect(await held.real.append([batch])).toEqual([{ ok: true }])
}

function foreignEntry(seq: number, node_id: string): Entry {
  const timestamp = '2026-01-28T15:30:00.000Z'
  const node = {
    id: node_id,
    blueprint_type_id: 'task',
    name: 'theirs',
    parent_id: null,
    children: [],
    properties: {},
    created_at: timestamp,
  }
  return {
    seq,
    command_id: `foreign-${seq}`,
    command_type: 'CreateNode',
    kind: 'do',
    actor: { id: 'elsewhere' },
    timestamp,
    changes: [{ type: 'node-added', node, parent_id: null, index: 0 }],
    result: { node_id },
  }
}

describe.each(DOORS)('through %s', (name) => {
  test('[CMD1] [CMD3] nobody sees anything before the append is durable', async () => {
    const held = new HeldJournal()
    await using app = await quickApp({ journal: held.journal })
    const root = await (await app.client()).join('s')
    const graph = await app.graphClient('s')
    const changes = await (await app.client()).join('s', { stream: 'changes' })
    const door = await openDoor(app, name, 's')
    const arrived = held.hold()
    let answered = false
    const ack = door.execute('CreateNode', create('n')).finally(() => {
      answered = true
    })
    await arrived
    const all = [root, graph, changes]
    await Promise.all(all.map((client) => client.settled()))
    expect(all.flatMap(told)).toEqual([])
    expect(await graphOf(app)).toMatchObject({ seq: 0, nodes: [] })
    expect(await app.api('GET', '/sessions/s/nodes/n')).toMatchObject({ status: 404 })
    expect((await app.api('GET', '/sessions/s')).body).toMatchObject({ seq: 0 })
    expect((await app.api('GET', '/sessions/s/changes')).body).toMatchObject({ entries: [] })
    expect(answered).toBe(false)
    held.release()
    expect(await ack).toMatchObject({ ok: true, seq: 1 })
    await Promise.all(all.map((client) => client.settled()))
    expect(told(root)).toEqual(['node-created', 'command:executed'])
    expect(await graphOf(app)).toMatchObject({ seq: 1, nodes: [{ id: 'n' }] })
  })

  test('[CMD2] [IDEM3] a failed append leaves no trace, and may be tried again', async () => {
    const held = new HeldJournal()
    await using app = await quickApp({ journal: held.journal })
    const root = await (await app.client()).join('s')
    const door = await openDoor(app, name, 's')
    await door.execute('CreateNode', create('first'), { command_id: 'c1' })
    const before = await graphOf(app)
    root.clear()
    held.fail()
    const ack = await door.execute('CreateNode', create('n'), { command_id: 'c2' })
    const error = { code: 'STORAGE_UNAVAILABLE', retryable: true }
    expect(ack).toMatchObject({ ok: false, command_id: 'c2', error })
    await root.settled()
    expect(told(root)).toEqual(['command:failed'])
    expect(root.of('command:failed')[0]?.error).toEqual(ack.error)
    expect(await graphOf(app)).toEqual(before)
    held.repair()
    const again = await door.execute('CreateNode', create('n'), { command_id: 'c2' })
    expect(again).toEqual({ ok: true, command_id: 'c2', seq: 2, result: { node_id: 'n' } })
    expect(await door.ask('undo')).toMatchObject({ target_command_id: 'c2' })
    expect(await door.ask('undo')).toMatchObject({ target_command_id: 'c1' })
    expect(await door.ask('undo')).toMatchObject({ error: { code: 'NOTHING_TO_UNDO' } })
  })

  test('[CMD2] an undo whose append fails keeps its step', async () => {
    const held = new HeldJournal()
    await using app = await quickApp({ journal: held.journal })
    await app.graphClient('s')
    const door = await openDoor(app, name, 's')
    await door.execute('CreateNode', create('n'), { command_id: 'c1' })
    held.fail()
    expect(await door.ask('undo')).toMatchObject({ error: { code: 'STORAGE_UNAVAILABLE' } })
    expect(await graphOf(app)).toMatchObject({ seq: 1, nodes: [{ id: 'n' }] })
    held.repair()
    expect(await door.ask('undo')).toMatchObject({ ok: true, seq: 2, target_command_id: 'c1' })
    expect(await graphOf(app)).toMatchObject({ seq: 2, nodes: [] })
  })
})

test('[CMD2] commands planned on top of one whose append fails fail with it', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const client = await (await app.client()).join('s')
  const arrived = held.hold()
  const first = client.execute('s', 'CreateNode', create('n'))
  await arrived
  const second = client.execute('s', 'CreateNode', { ...create('m'), parent_id: 'n' })
  const third = client.execute('s', 'DeleteNode', { node_id: 'n' })
  await client.settled()
  held.fail()
  held.release()
  for (const ack of [first, second, third]) {
    expect(await ack).toMatchObject({ ok: false, error: { code: 'STORAGE_UNAVAILABLE' } })
  }
  held.repair()
  expect(await graphOf(app)).toMatchObject({ seq: 0, nodes: [] })
  await client.execute('s', 'CreateNode', create('n'))
  const again = await client.execute('s', 'CreateNode', { ...create('m'), parent_id: 'n' })
  expect(again).toMatchObject({ ok: true, seq: 2 })
})

test('[CMD2] the failure of one append does not reach another session', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const client = await app.client()
  await client.join('s')
  await client.join('t')
  held.fail()
  expect(await client.execute('s', 'CreateNode', create('n'))).toMatchObject({ ok: false })
  held.repair()
  expect(await client.execute('t', 'CreateNode', create('n'))).toMatchObject({ ok: true, seq: 1 })
})

test('[CMD2] a slow commit shows as executing first, and only once', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const root = await (await app.client()).join('s')
  const graph = await app.graphClient('s')
  const arrived = held.hold()
  const ack = root.execute('s', 'CreateNode', create('n'), { command_id: 'c' })
  await arrived
  const executing = { session_id: 's', command_id: 'c', command_type: 'CreateNode' }
  expect(await root.next('command:executing')).toMatchObject(executing)
  expect(await graph.next('command:executing')).toMatchObject(executing)
  expect(told(root)).toEqual([])
  held.release()
  await ack
  await Promise.all([root.settled(), graph.settled()])
  expect(root.names().slice(-3)).toEqual(['command:executing', 'node-created', 'command:executed'])
  expect(root.of('command:executing')).toHaveLength(1)
  expect(graph.of('command:executing')).toHaveLength(1)
})

test('[CMD2] a slow commit that fails shows as executing once, then failed', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const root = await (await app.client()).join('s')
  const arrived = held.hold()
  const ack = root.execute('s', 'CreateNode', create('n'))
  await arrived
  await root.next('command:executing')
  held.fail()
  held.release()
  await ack
  await root.settled()
  expect(root.names().slice(-2)).toEqual(['command:executing', 'command:failed'])
  expect(root.of('command:executing')).toHaveLength(1)
})

test('[CMD1] [CMD5] what somebody else appended is taken in, shown, and planned upon', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const root = await (await app.client()).join('s')
  const changes = await (await app.client()).join('s', { stream: 'changes' })
  await root.execute('s', 'CreateNode', create('mine'))
  await appendElsewhere(held, foreignEntry(2, 'theirs'))
  await appendElsewhere(held, foreignEntry(3, 'also-theirs'))
  await Promise.all([root.settled(), changes.settled()])
  root.clear()
  changes.clear()
  const data = { ...create('child'), parent_id: 'theirs' }
  const ack = await root.execute('s', 'CreateNode', data, { command_id: 'c' })
  expect(ack).toMatchObject({ ok: false, error: { code: 'INVALID_PARENT' } })
  const rename = { node_id: 'mine', property_id: 'name', new_value: 'renamed' }
  expect(await root.execute('s', 'UpdateProperty', rename)).toMatchObject({ ok: true, seq: 4 })
  expect(await root.execute('s', 'CreateNode', data)).toMatchObject({ ok: true, seq: 5 })
  await Promise.all([root.settled(), changes.settled()])
  expect(root.of('node-created').map((event) => [event.seq, event.index])).toEqual([
    [2, 0],
    [3, 0],
    [5, 0],
  ])
  const entries = changes.of('session:changes').flatMap((frame) => frame.entries as Entry[])
  expect(entries.map((entry) => entry.seq)).toEqual([2, 3, 4, 5])
  const { nodes } = await graphOf(app)
  expect((nodes as { id: string }[]).map(({ id }) => id)).toEqual([
    'also-theirs',
    'theirs',
    'child',
    'mine',
  ])
})

test('[CMD1] commands that met a conflict are planned again on the new state', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const root = await (await app.client()).join('s')
  const arrived = held.hold()
  const loses = root.execute('s', 'CreateNode', create('taken'), { command_id: 'loses' })
  const wins = root.execute('s', 'CreateNode', create('free'), { command_id: 'wins' })
  await arrived
  await appendElsewhere(held, foreignEntry(1, 'taken'))
  held.release()
  expect(await loses).toMatchObject({ ok: false, error: { code: 'NODE_EXISTS' } })
  expect(await wins).toMatchObject({ ok: true, seq: 2 })
  await root.settled()
  expect(root.of('node-created').map((event) => event.command_id)).toEqual(['foreign-1', 'wins'])
})

test('[CMD2] a command that was announced and met a conflict is announced once', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const root = await (await app.client()).join('s')
  const arrived = held.hold()
  const ack = root.execute('s', 'CreateNode', create('n'), { command_id: 'c' })
  await arrived
  await root.next('command:executing')
  await appendElsewhere(held, foreignEntry(1, 'theirs'))
  held.release()
  expect(await ack).toMatchObject({ ok: true, seq: 2 })
  await root.settled()
  const mine = root.received.filter(({ payload }) => payload.command_id === 'c')
  expect(mine.map(({ event }) => event)).toEqual([
    'command:executing',
    'node-created',
    'command:executed',
  ])
})

test('[CMD2] [CMD9] a conflict that cannot be caught up with shows as failed', async () => {
  const held = new HeldJournal()
  let broken = true
  const journal: Journal = {
    ...held.journal,
    entriesAfter: (...args) =>
      broken ? Promise.reject(new StorageError('unreadable')) : held.real.entriesAfter(...args),
  }
  await using app = await quickApp({ journal })
  const root = await (await app.client()).join('s')
  await appendElsewhere(held, foreignEntry(1, 'theirs'))
  const ack = await root.execute('s', 'CreateNode', create('n'), { command_id: 'c' })
  expect(ack).toMatchObject({ ok: false, error: { code: 'STORAGE_UNAVAILABLE' } })
  await root.settled()
  expect(root.names().slice(-2)).toEqual(['command:executing', 'command:failed'])
  expect(root.of('command:failed')[0]?.error).toEqual(ack.error)
  broken = false
  const again = await root.execute('s', 'CreateNode', create('n'), { command_id: 'c' })
  expect(again).toEqual({ ok: true, command_id: 'c', seq: 2, result: { node_id: 'n' } })
})

test('[IDEM1] a command that another server node has executed meanwhile is not executed again', async () => {
  const held = new HeldJournal()
  await using here = await quickApp({ journal: held.journal })
  await using there = await quickApp({ journal: held.real })
  const [client, other] = await Promise.all([here.client(), there.client()])
  await client.join('s')
  await other.join('s')
  const arrived = held.hold()
  const command = ['s', 'CreateNode', create('n'), { command_id: 'c' }] as const
  const late = client.execute(...command)
  await arrived
  expect(await other.execute(...command)).toMatchObject({ ok: true, seq: 1 })
  held.release()
  expect(await late).toEqual({
    ok: true,
    command_id: 'c',
    seq: 1,
    result: { node_id: 'n' },
    duplicate: true,
  })
  expect(await graphOf(here)).toMatchObject({ seq: 1, nodes: [{ id: 'n' }] })
})

// A retry of long ago is known only once the append is refused; by then it has been announced.
test('[CMD8] a retry that storage is slow to recognise ends what was announced', async () => {
  const held = new HeldJournal()
  const first = await quickApp({ journal: held.journal })
  await (await first.client()).join('s')
  const writer = await first.client()
  const rename = { node_id: 'n', property_id: 'name', new_value: 'b' }
  await writer.execute('s', 'CreateNode', create('n'))
  await writer.execute('s', 'UpdateProperty', rename, { command_id: 'c' })
  await writer.execute('s', 'UpdateProperty', { ...rename, new_value: 'c' })
  await using app = await first.restart()
  const root = await (await app.client()).join('s')
  const arrived = held.hold()
  const retry = root.execute('s', 'UpdateProperty', rename, { command_id: 'c' })
  const fresh = root.execute('s', 'CreateNode', create('m'), { command_id: 'fresh' })
  await arrived
  await root.next('command:executing', (event) => event.command_id === 'fresh')
  held.release()
  expect(await retry).toMatchObject({ ok: true, seq: 2, duplicate: true })
  expect(await fresh).toMatchObject({ ok: true, seq: 4 })
  await root.settled()
  const told = root.received.filter(({ payload }) => payload.command_id === 'c')
  expect(told.map(({ event }) => event)).toEqual(['command:executing', 'command:executed'])
})
