import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { connect, rest, type CommandOptions, type Session } from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { TestServer } from './server.js'

const QUICK = { ackTimeoutMs: 1_500, reconnect: { minDelayMs: 20, maxDelayMs: 50 }, store: null }

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

async function enter(id: string, actor = 'ada', url = server.url): Promise<Session> {
  const client = connect(url, { actor, ...QUICK })
  onTestFinished(() => client.close())
  return client.join(id)
}

/** The clock of who types: nothing passes but what a test lets pass. */
function stopwatch(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  return (ms) => void vi.advanceTimersByTime(ms)
}

const create = (session: Session, node_id: string, more: object = {}) =>
  session.execute('CreateNode', { blueprint_type_id: 't', node_id, name: node_id, ...more })

function set(session: Session, property_id: string, new_value: unknown, options?: CommandOptions) {
  const data = { node_id: 'n', property_id, new_value: new_value as never }
  return session.execute('UpdateProperty', data, options)
}

const type = (session: Session, text: string, property_id = 'text') =>
  Array.from(text, (_, at) => set(session, property_id, text.slice(0, at + 1)))

const shown = ({ graph }: Session) => graph.node('n')?.properties

async function areEqual(...sessions: Session[]): Promise<void> {
  await eventually(() => {
    for (const session of sessions) {
      expect(session.seq).toBe(sessions[0]?.seq)
      expect(shown(session)).toEqual(shown(sessions[0] as Session))
    }
  })
}

test('[UNDO14] what is typed in a row is one step, shown at once and confirmed', async () => {
  stopwatch()
  const [ada, bob] = [await enter('typed'), await enter('typed', 'bob')]
  await create(ada, 'n')
  await Promise.all(type(ada, 'The quick brown fox', 'name'))
  const undone = ada.undo()
  expect(ada.graph.node('n')?.name).toBe('n')
  expect((await undone).undo?.status).toBe('applied')
  await ada.redo()
  await Promise.all(type(ada, 'and more'))
  await ada.undo()
  expect([ada.graph.node('n')?.name, shown(ada)]).toEqual(['The quick brown fox', {}])
  await ada.undo()
  await ada.undo()
  expect([ada.graph.size, ada.canUndo]).toEqual([0, false])
  await areEqual(ada, bob)
})

test('[UNDO14] a pause, another property, another command and an undo are borders', async () => {
  const pass = stopwatch()
  const ada = await enter('borders')
  await create(ada, 'n')
  void type(ada, 'ab')
  pass(1_000)
  void set(ada, 'text', 'abc')
  pass(1_001)
  void set(ada, 'text', 'abcd')
  void set(ada, 'other', 1)
  void set(ada, 'text', 'abcde')
  void set(ada, 'text', 'abcdef', { mergeKey: false })
  void set(ada, 'text', 'abcdefg')
  const steps = []
  for (let n = 0; n < 6; n += 1) {
    void ada.undo()
    steps.push(shown(ada))
  }
  const expected = [
    { text: 'abcdef', other: 1 },
    { text: 'abcde', other: 1 },
    { text: 'abcd', other: 1 },
    { text: 'abcd' },
    { text: 'abc' },
    {},
  ]
  expect(steps).toEqual(expected)
  await ada.flush()
  expect(shown(ada)).toEqual({})
  for (const step of expected.toReversed().slice(1)) {
    await ada.redo()
    expect(shown(ada)).toEqual(step)
  }
  await ada.undo()
  void set(ada, 'text', 'new')
  void ada.undo()
  expect(shown(ada)).toEqual({ text: 'abcde', other: 1 })
  await ada.flush()
})

test('[UNDO14] what the application gives one key is one step, whatever it is about', async () => {
  const pass = stopwatch()
  const ada = await enter('keys')
  await create(ada, 'n')
  const mergeKey = 'drag 1'
  for (let at = 1; at < 5; at += 1) {
    void set(ada, 'x', at, { mergeKey })
    pass(5_000)
    void set(ada, 'y', -at, { mergeKey })
  }
  void set(ada, 'x', 9, { mergeKey: 'drag 2' })
  void ada.undo()
  expect(shown(ada)).toEqual({ x: 4, y: -4 })
  const undone = ada.undo()
  expect(shown(ada)).toEqual({})
  expect((await undone).undo?.status).toBe('applied')
  expect(shown(ada)).toEqual({})
})

test('[UNDO14] moves of one drag are one step, also of several nodes in a batch', async () => {
  stopwatch()
  const ada = await enter('drag')
  await create(ada, 'n')
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => create(ada, id, { parent_id: 'n' })))
  for (let index = 1; index < 5; index += 1) {
    void ada.execute('MoveNode', { node_id: 'a', parent_id: 'n', position: { index } })
  }
  expect(ada.graph.children('n')).toEqual(['b', 'c', 'd', 'e', 'a'])
  for (const index of [0, 1, 2]) {
    const to = (node_id: string) =>
      ({
        command_type: 'MoveNode',
        data: { node_id, parent_id: null, position: { index } },
      }) as const
    void ada.batch([to('b'), to('d')])
  }
  await ada.flush()
  await ada.undo()
  expect(ada.graph.children('n')).toEqual(['b', 'c', 'd', 'e', 'a'])
  await ada.undo()
  expect(ada.graph.children('n')).toEqual(['a', 'b', 'c', 'd', 'e'])
  await ada.redo()
  expect(ada.graph.children('n')).toEqual(['b', 'c', 'd', 'e', 'a'])
})

test('[UNDO14] two who write one property in turns take back their own only', async () => {
  stopwatch()
  const [ada, bob] = [await enter('turns'), await enter('turns', 'bob')]
  await create(ada, 'n')
  await Promise.all(type(ada, 'ada'))
  await areEqual(ada, bob)
  await set(bob, 'text', 'bob')
  await areEqual(ada, bob)
  await Promise.all(type(ada, 'again'))
  await ada.undo()
  expect(shown(ada)).toEqual({ text: 'bob' })
  await bob.flush()
  await bob.undo()
  await areEqual(bob, ada)
  expect(shown(ada)).toEqual({ text: 'ada' })
})

test('[UNDO14] typed offline, with a colleague who wrote first: undo leaves the colleague', async () => {
  stopwatch()
  const network = await Network.to(server.url)
  onTestFinished(() => network[Symbol.asyncDispose]())
  const [ada, bob] = [await enter('offline', 'ada', network.url), await enter('offline', 'bob')]
  await create(ada, 'n')
  await Promise.all(type(ada, 'on'))
  await areEqual(ada, bob)
  network.cut()
  await eventually(() => expect(ada.status).not.toBe('live'))
  void type(ada, 'online')
  await set(bob, 'text', 'bob')
  const undone = ada.undo()
  network.mend()
  expect((await undone).undo?.status).toBe('applied')
  await areEqual(ada, bob)
  expect(shown(ada)).toEqual({ text: 'bob' })
})

test('[UNDO14] runs are known after a reload and after a restart of the server', async () => {
  stopwatch()
  const ada = await enter('known')
  await create(ada, 'n')
  await Promise.all(type(ada, 'first'))
  await Promise.all(type(ada, 'second', 'other'))
  await server.end('SIGTERM')
  await server.restart()
  const again = await enter('known')
  await again.undo()
  expect(shown(again)).toEqual({ text: 'first' })
  await again.undo()
  expect(shown(again)).toEqual({})
  await again.redo()
  await again.redo()
  expect(shown(again)).toEqual({ text: 'first', other: 'second' })
  const { entries } = await rest(server.url).getHistory({ session_id: 'known' })
  const parts = entries.filter(({ continues }) => continues !== undefined)
  expect(parts).toHaveLength('irst'.length + 'econd'.length)
  await again.undo()
  const { entries: later } = await rest(server.url).getHistory({ session_id: 'known' })
  expect(later.filter(({ undone }) => undone)).toHaveLength('second'.length)
})

test('[UNDO14] key strokes of a long while leave the steps before them', async () => {
  const ada = await enter('long')
  await create(ada, 'n')
  for (let n = 0; n < 1_100; n += 1)
    void set(ada, 'text', `${n} ${'x'.repeat(n % 40)}`, { mergeKey: 'k' })
  await ada.flush()
  await ada.undo()
  expect(shown(ada)).toEqual({})
  await ada.undo()
  expect([ada.graph.size, ada.canUndo]).toEqual([0, false])
})

test('[UNDO14] a client of REST may say it, and undo any part', async () => {
  const api = rest(server.url, { actor: 'rest' })
  const ada = await enter('by-rest')
  await create(ada, 'n')
  const write = (new_value: number, continues?: string) =>
    api.executeCommand({
      session_id: 'by-rest',
      command_type: 'UpdateProperty',
      data: { node_id: 'n', property_id: 'p', new_value },
      ...(continues !== undefined && { continues }),
    })
  const { command_id } = await write(1)
  const second = await write(2, command_id)
  await write(3, command_id)
  const named = { target_command_id: second.command_id }
  const undone = await api.undo({ session_id: 'by-rest' }, named)
  expect(undone).toMatchObject({ target_command_id: command_id, undo: { status: 'applied' } })
  await eventually(() => expect(ada.seq).toBe(5))
  expect(shown(ada)).toEqual({})
})
