import { MAX_PRESENCE_BYTES } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { HeldJournal } from './held-journal.js'

type State = Record<string, unknown> | null

/** A timer that is wound by hand. */
class HandTimer {
  #due: (() => void)[] = []

  readonly after = (_ms: number, work: () => void): void => void this.#due.push(work)

  /** Lets the time pass that everything now under way waits for. */
  beat(): void {
    for (const work of this.#due.splice(0)) work()
  }
}

const update = (client: RawClient, state: unknown, session_id = 's') =>
  client.ask('update_presence', { session_id, state })

const states = (client: RawClient): State[] =>
  client.of('presence:changed').map(({ state }) => state as State)

const create = (client: RawClient, node_id: string, parent_id: string | null = null) =>
  client.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id, parent_id })

const remove = (client: RawClient, node_id: string) =>
  client.execute('s', 'DeleteNode', { node_id })

async function presenceIn(app: TestApp): Promise<unknown> {
  const client = await app.client()
  const joined = await client.ask('join_session', { session_id: 's' })
  client.socket.disconnect()
  return joined.presence
}

async function member(app: TestApp, rest: object = {}): Promise<RawClient> {
  return (await app.client()).join('s', rest)
}

test('[PRES1] an update reaches everybody on both namespaces and streams, stamped', async () => {
  await using app = await quickApp()
  const ann = await member(app, { actor: { id: 'ann', name: 'Ann' } })
  const follower = await member(app, { stream: 'changes' })
  const graph = await app.graphClient('s')
  const state = { cursor: { x: 1, y: 2 }, selection: ['a'], focus: null }
  expect(await update(ann, state)).toEqual({ ok: true })
  const place = { session_id: 's', timestamp: expect.any(String) }
  const said = { client_id: ann.socket.id, actor: { id: 'ann', name: 'Ann' }, state }
  for (const client of [ann, follower]) {
    await client.settled()
    const event = 'presence:changed'
    expect(client.of(event)).toEqual([{ event, ...place, ...said }])
  }
  await graph.settled()
  expect(graph.of('presence:changed')).toEqual([{ ...place, ...said }])
  expect(await presenceIn(app)).toEqual([said])
})

test('[PRES1] [JOIN5] a client of /graph is seen and sees who is there', async () => {
  await using app = await quickApp()
  const ann = await member(app, { actor: 'ann' })
  await update(ann, { focus: 'a' })
  const graph = await app.graphClient('s', { auth: { session_id: 's', actor: 'gus' } })
  const seen = await graph.next('presence:changed')
  expect(seen).toMatchObject({ client_id: ann.socket.id, actor: { id: 'ann' } })
  expect(graph.names()).toEqual(['session:connected', 'presence:changed'])
  // The session of the handshake is meant.
  expect(await graph.ask('update_presence', { state: { focus: 'b' } })).toEqual({ ok: true })
  const told = await ann.next('presence:changed', ({ client_id }) => client_id === graph.socket.id)
  expect(told).toMatchObject({ actor: { id: 'gus' }, state: { focus: 'b' } })
  expect(await presenceIn(app)).toHaveLength(2)
})

describe('[PRES1] at most 20 updates a second', () => {
  test('of a burst the first is seen at once and the last at the next beat', async () => {
    const timer = new HandTimer()
    await using app = await quickApp({ after: timer.after })
    const [ann, bob] = [await member(app), await member(app)]
    await Promise.all(Array.from({ length: 50 }, (_, n) => update(ann, { n })))
    await bob.settled()
    expect(states(bob)).toEqual([{ n: 0 }])
    timer.beat()
    await bob.settled()
    expect(states(bob)).toEqual([{ n: 0 }, { n: 49 }])
    timer.beat()
    timer.beat()
    await update(ann, { n: 50 })
    await bob.settled()
    expect(states(bob)).toEqual([{ n: 0 }, { n: 49 }, { n: 50 }])
  })

  test('what all clients say between two beats comes at the beat, the latest of each', async () => {
    const timer = new HandTimer()
    await using app = await quickApp({ after: timer.after })
    const [ann, bob] = [await member(app, { actor: 'ann' }), await member(app, { actor: 'bob' })]
    for (const n of [1, 2, 3]) {
      await update(ann, { n })
      await update(bob, { n: -n })
    }
    timer.beat()
    await bob.settled()
    const seen = bob.of('presence:changed').map(({ actor, state }) => ({ actor, state }))
    expect(seen).toEqual([
      { actor: { id: 'ann' }, state: { n: 1 } },
      { actor: { id: 'bob' }, state: { n: -3 } },
      { actor: { id: 'ann' }, state: { n: 3 } },
    ])
  })

  test('taking it back and saying it again is no way around the limit', async () => {
    const timer = new HandTimer()
    await using app = await quickApp({ after: timer.after })
    const ann = await member(app)
    for (const state of [{ n: 1 }, null, { n: 2 }, null]) await update(ann, state)
    expect(states(ann)).toEqual([{ n: 1 }])
    timer.beat()
    await update(ann, { n: 3 })
    await ann.settled()
    expect(states(ann)).toEqual([{ n: 1 }, null])
    timer.beat()
    await ann.settled()
    expect(states(ann)).toEqual([{ n: 1 }, null, { n: 3 }])
  })

  test('with the clock on the wall too', async () => {
    await using app = await quickApp()
    const [ann, bob] = [await member(app), await member(app)]
    for (let n = 0; n <= 200; n += 1)
      ann.socket.emit('update_presence', { session_id: 's', state: { n } })
    await bob.next('presence:changed', ({ state }) => (state as { n: number }).n === 200)
    expect(states(bob).length).toBeLessThan(200)
  })
})

describe('[PRES1] presence ends', () => {
  const leaving: [string, (client: RawClient) => unknown][] = [
    ['leaves', (client) => client.ask('leave_session', { session_id: 's' })],
    ['disconnects', (client) => client.socket.disconnect()],
    ['loses its connection', (client) => client.socket.io.engine.close()],
  ]

  test.each(leaving)('when the client %s, at once, before the beat', async (_, leave) => {
    const timer = new HandTimer()
    await using app = await quickApp({ after: timer.after })
    const [ann, bob] = [await member(app), await member(app)]
    const client_id = ann.socket.id
    ann.socket.io.reconnection(false)
    await update(ann, { n: 1 })
    await update(ann, { n: 2 })
    leave(ann)
    await bob.next('session:disconnected')
    await bob.settled()
    expect(states(bob)).toEqual([{ n: 1 }, null])
    expect(bob.of('presence:changed').at(-1)).toMatchObject({ client_id })
    timer.beat()
    await bob.settled()
    expect(states(bob)).toHaveLength(2)
    expect(await presenceIn(app)).toEqual([])
  })

  test('when the client says so; who had none goes without a word', async () => {
    await using app = await quickApp()
    const [ann, bob] = [await member(app), await member(app)]
    await update(ann, {})
    await update(ann, null)
    await bob.next('presence:changed', ({ state }) => state === null)
    expect(await presenceIn(app)).toEqual([])
    bob.clear()
    await update(ann, null)
    ann.socket.disconnect()
    await bob.next('session:disconnected')
    expect(states(bob)).toEqual([])
  })

  test('with the session', async () => {
    await using app = await quickApp()
    const ann = await member(app)
    await update(ann, { focus: 'a' })
    await app.api('DELETE', '/sessions/s')
    expect(await update(ann, { focus: 'a' })).toMatchObject({ ok: false })
    expect(await presenceIn(app)).toEqual([])
  })

  test('in one of two sessions; a join twice keeps it', async () => {
    await using app = await quickApp()
    const ann = await (await member(app)).join('t')
    const bob = await (await app.client()).join('t')
    await update(ann, { in: 's' })
    await update(ann, { in: 't' }, 't')
    await ann.join('t')
    await ann.ask('leave_session', { session_id: 's' })
    expect(await presenceIn(app)).toEqual([])
    await bob.settled()
    expect(states(bob)).toEqual([{ in: 't' }])
    await bob.join('t')
    expect(bob.of('joined').at(-1)?.presence).toMatchObject([{ state: { in: 't' } }])
  })
})

describe('[PRES2] deleted nodes are taken out', () => {
  test('of selection and focus, with their subtree; the rest of the state stays', async () => {
    await using app = await quickApp()
    const [ann, bob] = [await member(app), await member(app, { stream: 'changes' })]
    await create(ann, 'a')
    await create(ann, 'b', 'a')
    await create(ann, 'c')
    await update(ann, { selection: ['b', 'c', 'new'], focus: 'b', tool: 'pen' })
    await remove(bob, 'a')
    const pruned = { selection: ['c', 'new'], focus: null, tool: 'pen' }
    const gone = ({ state }: Record<string, unknown>) => (state as { focus: null }).focus === null
    expect(await bob.next('presence:changed', gone)).toMatchObject({ state: pruned })
    expect(await presenceIn(app)).toMatchObject([{ client_id: ann.socket.id, state: pruned }])
    // The event of the deletion came first.
    expect(bob.names().lastIndexOf('session:changes')).toBeLessThan(
      bob.names().lastIndexOf('presence:changed'),
    )
  })

  test('also when the update comes after the deletion', async () => {
    await using app = await quickApp()
    const ann = await member(app)
    await create(ann, 'a')
    await remove(ann, 'a')
    await update(ann, { selection: ['a'], focus: 'a' })
    expect(await presenceIn(app)).toMatchObject([{ state: { selection: [], focus: null } }])
    await ann.ask('undo_command', { session_id: 's' })
    await update(ann, { focus: 'a' })
    expect(await presenceIn(app)).toMatchObject([{ state: { focus: 'a' } }])
  })

  test('not before the deletion is durable, and not when it fails', async () => {
    const held = new HeldJournal()
    await using app = await quickApp({ journal: held.journal })
    const [ann, bob] = [await member(app), await member(app)]
    await create(ann, 'a')
    const arrived = held.hold()
    held.fail()
    const deleting = remove(bob, 'a')
    await arrived
    await update(ann, { focus: 'a' })
    held.release()
    expect(await deleting).toMatchObject({ error: { code: 'STORAGE_UNAVAILABLE' } })
    expect(await presenceIn(app)).toMatchObject([{ state: { focus: 'a' } }])
    held.repair()
    await remove(bob, 'a')
    expect(await presenceIn(app)).toMatchObject([{ state: { focus: null } }])
  })

  test('when a project is loaded over them', async () => {
    await using app = await quickApp()
    const body = { graph: { nodes: [{ id: 'kept', type: 't' }] } }
    const project = (await app.api('POST', '/projects/import', body)).body
    const session_id = project['session_id'] as string
    const ann = await (await app.client()).join(session_id)
    const data = { blueprint_type_id: 't', node_id: 'a' }
    await ann.execute(session_id, 'CreateNode', data)
    await update(ann, { selection: ['kept', 'a'] }, session_id)
    await app.api('POST', `/projects/${project['project_id'] as string}/load`, {})
    const pruned = ({ state }: Record<string, unknown>) =>
      (state as { selection: string[] }).selection.length === 1
    expect(await ann.next('presence:changed', pruned)).toMatchObject({
      state: { selection: ['kept'] },
    })
  })
})

describe('[PRES3] an update is refused', () => {
  const NOT_JOINED = {
    ok: false,
    error: {
      code: 'BAD_REQUEST',
      message: 'Join the session before you update your presence in it',
      details: [{ path: '/session_id' }],
    },
  }

  test('before joining and after leaving; on /graph in another session', async () => {
    await using app = await quickApp()
    const client = await app.client()
    expect(await update(client, {})).toMatchObject(NOT_JOINED)
    expect(await client.ask('update_presence', { state: {} })).toMatchObject(NOT_JOINED)
    client.socket.emit('update_presence', { session_id: 's', state: {} })
    expect(await client.next('error')).toMatchObject(NOT_JOINED.error)
    await client.join('s')
    await client.ask('leave_session', { session_id: 's' })
    expect(await update(client, {})).toMatchObject(NOT_JOINED)
    const graph = await app.graphClient('s')
    expect(await update(graph, {}, 't')).toMatchObject(NOT_JOINED)
    // A client need not wait for `joined`.
    client.socket.emit('join_session', { session_id: 's' })
    expect(await update(client, {})).toEqual({ ok: true })
  })

  test.each<[string, unknown]>([
    ['no state', undefined],
    ['a text', 'here'],
    ['a list', [1]],
    ['a selection that is no list', { selection: 'a' }],
    ['a node id that is none', { selection: ['not an id'] }],
    ['a focus that is a number', { focus: 1 }],
    ['bytes', { cursor: Buffer.from('x') }],
  ])('with %s', async (_, state) => {
    await using app = await quickApp()
    const client = await member(app)
    expect(await update(client, state)).toMatchObject({ error: { code: 'BAD_REQUEST' } })
    expect(await presenceIn(app)).toEqual([])
  })

  test('with more than 16 KiB of UTF-8', async () => {
    await using app = await quickApp()
    const client = await member(app)
    const empty = Buffer.byteLength(JSON.stringify({ t: '' }))
    const room = MAX_PRESENCE_BYTES - empty
    expect(await update(client, { t: 'a'.repeat(room) })).toEqual({ ok: true })
    const error = { code: 'LIMIT_EXCEEDED', details: [{ path: '/state' }] }
    for (const t of ['a'.repeat(room + 1), 'é'.repeat(room / 2 + 1)]) {
      expect(await update(client, { t })).toMatchObject({ ok: false, error })
    }
  })
})

test('[PRES1] [SYNC4] what is too much for joined follows it', async () => {
  await using app = await quickApp()
  const t = 'a'.repeat(16_000)
  const many = await Promise.all(Array.from({ length: 8 }, () => member(app)))
  await Promise.all(many.map((client) => update(client, { t })))
  const late = await member(app)
  await late.settled()
  const joined = (late.of('joined')[0]?.presence ?? []) as { client_id: string }[]
  const after = late.of('presence:changed').map(({ client_id }) => client_id)
  expect(joined.length).toBeGreaterThan(0)
  expect(joined.length).toBeLessThan(8)
  const seen = new Set([...joined.map(({ client_id }) => client_id), ...after])
  expect(seen).toEqual(new Set(many.map(({ socket }) => socket.id)))
})

test('[PRES1] presence has no seq and leaves nothing behind', async () => {
  await using app = await quickApp()
  const ann = await member(app)
  await update(ann, { focus: 'a' })
  expect(ann.of('presence:changed')[0]).not.toHaveProperty('seq')
  const { body } = await app.api('GET', '/sessions/s/changes?after_seq=0')
  expect(body).toMatchObject({ seq: 0, entries: [] })
  await using again = await app.restart()
  expect(await presenceIn(again)).toEqual([])
})

describe('[JOIN8] who has lost the connection', () => {
  const ANN = { actor: { id: 'ann', name: 'Ann' }, stream: 'changes' }

  async function room(app: TestApp) {
    const watcher = await member(app, { stream: 'changes' })
    const ann = await member(app, ANN)
    ann.socket.io.reconnection(false)
    await update(ann, { focus: 'a' })
    await watcher.next('presence:changed')
    watcher.clear()
    return { watcher, ann, lost: String(ann.socket.id) }
  }

  const back = async (app: TestApp, replaces: string, rest: object = {}) => {
    const again = await app.client()
    const joined = await again.ask('join_session', { session_id: 's', ...ANN, replaces, ...rest })
    return { again, joined }
  }

  test('keeps its place and its presence for whoever comes back for them', async () => {
    const timer = new HandTimer()
    await using app = await quickApp({ after: timer.after })
    const { watcher, ann, lost } = await room(app)
    ann.socket.io.engine.close()
    await watcher.settled()
    const { again, joined } = await back(app, lost)
    const client_id = again.socket.id
    await watcher.next('session:connected')
    expect(joined).toMatchObject({
      active_clients: 2,
      presence: [{ client_id, state: { focus: 'a' } }],
      participants: [{ client_id: watcher.socket.id }, { client_id, actor: ANN.actor }],
    })
    expect(watcher.of('presence:changed')).toMatchObject([
      { client_id, state: { focus: 'a' }, replaces: lost },
      { client_id: lost, state: null },
    ])
    const told = { client_id, actor: ANN.actor, replaces: lost, active_clients: 2 }
    expect(watcher.of('session:connected')).toMatchObject([told])
    timer.beat()
    await watcher.settled()
    expect(watcher.of('session:disconnected')).toMatchObject([
      { client_id: lost, active_clients: 2 },
    ])
  })

  test('also before the server knows of the loss', async () => {
    await using app = await quickApp()
    const { watcher, ann, lost } = await room(app)
    const { again, joined } = await back(app, lost)
    expect(joined).toMatchObject({ active_clients: 2, presence: [{ client_id: again.socket.id }] })
    expect(joined.participants).toHaveLength(2)
    ann.socket.io.engine.close()
    await watcher.next('session:disconnected')
    expect(await presenceIn(app)).toHaveLength(1)
  })

  test('and does not come back, is gone soon', async () => {
    const timer = new HandTimer()
    await using app = await quickApp({ after: timer.after })
    const { watcher, ann, lost } = await room(app)
    ann.socket.io.engine.close()
    while (watcher.of('presence:changed').length === 0) {
      await watcher.settled()
      timer.beat()
    }
    expect(watcher.of('presence:changed')).toMatchObject([{ client_id: lost, state: null }])
    expect(watcher.of('session:disconnected')).toMatchObject([{ active_clients: 1 }])
  })

  test('is replaced by nobody else, and who says goodbye by nobody', async () => {
    await using app = await quickApp()
    const { watcher, ann, lost } = await room(app)
    const { joined } = await back(app, lost, { actor: { id: 'eve' } })
    expect(joined).toMatchObject({ active_clients: 3 })
    expect(watcher.of('presence:changed')).toEqual([])
    ann.socket.disconnect()
    await watcher.next('session:disconnected', ({ client_id }) => client_id === lost)
  })
})

test('[PRES4] who comes in is named, and a state that is the same is told to nobody', async () => {
  const timer = new HandTimer()
  await using app = await quickApp({ after: timer.after })
  const watcher = await member(app, { actor: { id: 'bob' } })
  const ann = await member(app, { actor: { id: 'ann', name: 'Ann' } })
  const name = await watcher.next('session:connected', (event) => event.client_id === ann.socket.id)
  expect(name).toMatchObject({ actor: { id: 'ann', name: 'Ann' } })
  for (let n = 0; n < 5; n += 1) {
    expect(await update(ann, { focus: 'a' })).toEqual({ ok: true })
    timer.beat()
  }
  await watcher.settled()
  expect(states(watcher)).toEqual([{ focus: 'a' }])
})
