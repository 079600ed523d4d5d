import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { connect, rest, type Client, type Session } from '../src/index.js'
import { eventually } from './eventually.js'
import { MemoryStore } from './faulty-store.js'
import { TestServer } from './server.js'
import { SECRET, tokenFor } from './tokens.js'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start('--jwt-secret', SECRET)
})

afterAll(() => server[Symbol.asyncDispose]())

const ann = () => rest(server.url, { token: tokenFor('ann') })

function client(store: MemoryStore, { actor = 'ben', user = 'ben' } = {}): Client {
  const reconnect = { minDelayMs: 20, maxDelayMs: 50 }
  const connected = connect(server.url, { actor, token: tokenFor(user), store, reconnect })
  onTestFinished(() => connected.close())
  return connected
}

/** A session of ann, with ben, whose client has stored its graph. */
async function stored() {
  const { session_id } = await ann().createSession({})
  await ann().putMember({ session_id, actor_id: 'ben' }, { role: 'editor' })
  const store = new MemoryStore()
  const first = client(store)
  const session: Session = await first.join(session_id)
  await session.execute('CreateNode', { blueprint_type_id: 'task', name: 'secret' })
  await eventually(() => expect(store.texts).toContain('secret'))
  return { session_id, store, first, session }
}

const WITHDRAWALS: [string, (session_id: string) => Promise<unknown>][] = [
  ['the member is removed', (session_id) => ann().deleteMember({ session_id, actor_id: 'ben' })],
  ['the session is deleted', (session_id) => ann().deleteSession({ session_id })],
]

describe.each(WITHDRAWALS)('the stored graph goes when %s', (_, withdraw) => {
  test('while the client is in the session', async () => {
    const { session_id, store } = await stored()
    await withdraw(session_id)
    await eventually(() => expect(store.texts).toBe(''))
  })

  test('while the client is closed, with the next join', async () => {
    const { session_id, store, first } = await stored()
    first.close()
    await withdraw(session_id)
    const next = client(store)
    const ended = next.join(session_id).then(
      (session) => new Promise((resolve) => session.on('ended', resolve)),
      (error: unknown) => error,
    )
    expect(await ended).toMatchObject({ retryable: false })
    await eventually(() => expect(store.texts).toBe(''))
  })
})

test('the stored graph goes when the role is taken of who has left the session', async () => {
  const { session_id, store, first, session } = await stored()
  await session.leave()
  expect(store.texts).toContain('secret')
  const told = new Promise((resolve) => first.on('role', resolve))
  await ann().deleteMember({ session_id, actor_id: 'ben' })
  expect(await told).toEqual({ session_id, role: null })
  await eventually(() => expect(store.texts).toBe(''))
})

test('the stored graph goes when the token is of another user, member or not', async () => {
  const { session_id, store, first } = await stored()
  first.close()
  await ann().putMember({ session_id, actor_id: 'eve' }, { role: 'viewer' })
  const eve = await client(store, { user: 'eve' }).join(session_id)
  await eventually(() => expect(eve.joined.actor?.id).toBe('eve'))
  const actors = async () =>
    (await store.records.list()).map(({ scope }) => (JSON.parse(scope) as string[])[2])
  await eventually(async () => expect(await actors()).toEqual(['eve']))
  await eve.leave()
  const second = await stored()
  second.first.close()
  const stranger = client(second.store, { user: 'zoe' })
  const outcome = stranger.join(second.session_id).then(
    (session) => new Promise((resolve) => session.on('ended', resolve)),
    (error: unknown) => error,
  )
  expect(await outcome).toMatchObject({ code: 'FORBIDDEN' })
  await eventually(() => expect(second.store.texts).toBe(''))
})
