import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { connect, rest, TalusError } from '../src/index.js'
import { FakeServer } from './fake-server.js'
import { TestServer } from './server.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

test.each(['fetch', 'URL', 'AbortController', 'TextEncoder'])(
  'without %s, connect says what is missing',
  (name) => {
    vi.stubGlobal(name, undefined)
    const message = `This runtime has no ${name}; load a polyfill before @talus/client`
    expect(() => connect('http://127.0.0.1:9')).toThrow(message)
    expect(() => rest('http://127.0.0.1:9')).toThrow(TypeError)
  },
)

test('without crypto there is no guest of a link, which connect says', () => {
  vi.stubGlobal('crypto', undefined)
  const message = 'This runtime has no crypto; load a polyfill before @talus/client'
  expect(() => connect('http://127.0.0.1:9', { shareToken: 'link' })).toThrow(message)
})

/** Takes a method away until the test is over. */
function without(owner: object, name: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)
  if (!descriptor) throw new Error(`There is no ${name}`)
  Reflect.deleteProperty(owner, name)
  onTestFinished(() => void Object.defineProperty(owner, name, descriptor))
}

test('all is well without what newer runtimes have', async () => {
  await using server = await TestServer.start()
  without(AbortSignal, 'any')
  without(AbortSignal, 'timeout')
  without(URL, 'canParse')
  for (const name of ['toReversed', 'toSorted', 'toSpliced', 'with']) {
    without(Array.prototype, name)
  }
  vi.stubGlobal('crypto', undefined)
  const client = connect(server.url, { store: null, actor: 'ada' })
  const session = await client.join('old')
  const { result } = await session.execute('CreateNode', { blueprint_type_id: 'task', name: 'a' })
  await session.execute('CreateNode', { blueprint_type_id: 'task', parent_id: result.node_id })
  await session.undo()
  expect(session.graph.size).toBe(1)
  client.close()
})

test('a REST call leaves no listener behind', async () => {
  await using server = await FakeServer.start(() => {})
  const ending = new AbortController()
  const listening = new Set<unknown>()
  const { signal } = ending
  const adding = vi.spyOn(signal, 'addEventListener').mockImplementation((_, listener) => {
    listening.add(listener)
  })
  vi.spyOn(signal, 'removeEventListener').mockImplementation((_, listener) => {
    listening.delete(listener)
  })
  const api = rest(server.url, { signal })
  for (let i = 0; i < 3; i += 1) await api.getGraph({ session_id: 's' })
  await api.listSessions().catch(() => {})
  expect(adding).toHaveBeenCalledTimes(4)
  expect(listening.size).toBe(0)
})

test('an error as JSON has its message', () => {
  const details = [{ path: '/name', expected: 'a text' }]
  const reason = { code: 'BAD_REQUEST', message: 'No name', details, retryable: false } as const
  const { code, message, retryable } = reason
  expect(JSON.parse(JSON.stringify(new TalusError(reason, { commandId: 'c' })))).toEqual({
    name: 'TalusError',
    code,
    message,
    details,
    retryable,
    commandId: 'c',
  })
})
