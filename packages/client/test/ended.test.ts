import { expect, onTestFinished, test, vi } from 'vitest'
import { connect, rest, type Client, type Session, type TalusError } from '../src/index.js'
import { eventually } from './eventually.js'
import { FakeServer, joined } from './fake-server.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'
import { SECRET, tokenFor } from './tokens.js'

async function start(...options: string[]): Promise<TestServer> {
  const server = await TestServer.start(...options)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

function client(url: string, actor: string): Client {
  const connected = connect(url, { token: tokenFor(actor), store: null })
  onTestFinished(() => connected.close())
  return connected
}

const create = (session: Session) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name: 'Cut' })

/** What `ended` tells. */
function ending(session: Session): Promise<TalusError> {
  return new Promise((resolve) => {
    session.on('ended', resolve)
  })
}

test('[JOIN7] a member who is removed is told, and comes back with a role', async () => {
  const server = await start('--jwt-secret', SECRET)
  const owner = rest(server.url, { token: tokenFor('ann') })
  const { session_id } = await owner.createSession({})
  const member = { session_id, actor_id: 'bob' }
  await owner.putMember(member, { role: 'editor' })
  const bobs = client(server.url, 'bob')
  const session = await bobs.join(session_id)
  const told = ending(session)
  await owner.deleteMember(member)
  const error = await told
  expect(error).toMatchObject({ code: 'FORBIDDEN', message: 'You have no role in this session' })
  expect(session.status).toEqual({ refused: error })
  expect(await rejection(create(session))).toBe(error)
  expect(bobs.status).toBe('live')
  // Whoever tries again asks the server, and is not given what has ended.
  expect((await rejection(bobs.join(session_id))).code).toBe('FORBIDDEN')
  // Until it is told of a role, or two seconds have passed, the client remembers the refusal.
  const given = new Promise((resolve) => {
    bobs.on('role', resolve)
  })
  await owner.putMember(member, { role: 'editor' })
  await given
  const again = await bobs.join(session_id)
  expect(again).not.toBe(session)
  await create(again)
  expect(again.graph.size).toBe(1)
})

test('[JOIN7] a session that is deleted ends, and only that one', async () => {
  const server = await start('--jwt-secret', SECRET)
  const owner = rest(server.url, { token: tokenFor('ann') })
  const { session_id } = await owner.createSession({})
  const { session_id: other } = await owner.createSession({})
  const anns = client(server.url, 'ann')
  const [session, lasting] = await Promise.all([anns.join(session_id), anns.join(other)])
  const told = ending(session)
  await owner.deleteSession({ session_id })
  expect((await told).code).toBe('SESSION_NOT_FOUND')
  expect((await rejection(create(session))).code).toBe('SESSION_NOT_FOUND')
  await create(lasting)
  expect(lasting.status).toBe('live')
})

test('[JOIN7] a role that differs is no end, one that is taken away is', async () => {
  const server = await start('--jwt-secret', SECRET)
  const owner = rest(server.url, { token: tokenFor('ann') })
  const { session_id } = await owner.createSession({})
  const bobs = client(server.url, 'bob')
  await owner.putMember({ session_id, actor_id: 'bob' }, { role: 'viewer' })
  const session = await bobs.join(session_id)
  const told = ending(session)
  await owner.putMember({ session_id, actor_id: 'bob' }, { role: 'commenter' })
  expect(session.status).toBe('live')
  await owner.deleteMember({ session_id, actor_id: 'bob' })
  expect((await told).code).toBe('FORBIDDEN')
})

test('[JOIN7] what is said for now is no end: the session is joined again', async () => {
  let joins = 0
  await using server = await FakeServer.start((socket) => {
    socket.removeAllListeners('join_session')
    socket.on('join_session', ({ session_id }, ack) => {
      joins += 1
      ack?.(joined(session_id, socket.id))
      if (joins > 1) return
      const error = { code: 'STORAGE_UNAVAILABLE', message: 'Later', retryable: true } as const
      setTimeout(() => socket.emit('error', { ...error, session_id }), 20)
    })
  })
  const connected = connect(server.url, { store: null })
  onTestFinished(() => connected.close())
  const session = await connected.join('s')
  const ended = vi.fn<() => void>()
  session.on('ended', ended)
  await eventually(() => {
    expect(joins).toBe(2)
    expect(session.status).toBe('live')
  })
  expect(ended).not.toHaveBeenCalled()
})
