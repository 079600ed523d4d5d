import { reactive, ref } from '@vue/reactivity'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import {
  connect,
  rest,
  type Client,
  type ClientOptions,
  type Participant,
  type Session,
} from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'
import { SECRET, tokenFor } from './tokens.js'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start('--jwt-secret', SECRET)
})

afterAll(() => server[Symbol.asyncDispose]())

function client(options: ClientOptions, url = server.url): Client {
  const reconnect = { minDelayMs: 20, maxDelayMs: 50 }
  const connected = connect(url, { store: null, reconnect, ...options })
  onTestFinished(() => connected.close())
  return connected
}

const as = (actor: string, url?: string) => client({ actor, token: tokenFor(actor) }, url)

const ann = () => rest(server.url, { token: tokenFor('ann') })

async function newSession(members: Record<string, 'viewer' | 'commenter' | 'editor'> = {}) {
  const { session_id } = await ann().createSession({})
  for (const [actor_id, role] of Object.entries(members)) {
    await ann().putMember({ session_id, actor_id }, { role })
  }
  return session_id
}

const names = (participants: readonly Participant[]) =>
  participants.map(({ actor, isSelf }) => `${actor.name ?? actor.id}${isSelf ? ' (me)' : ''}`)

test('[AUTH4] a role is live, and what it does not allow is refused here', async () => {
  const session_id = await newSession({ ben: 'viewer' })
  const ben = await as('ben').join(session_id)
  const roles: unknown[] = []
  const changes: unknown[] = []
  const rejected: unknown[] = []
  ben.on('role', (role) => roles.push(role))
  ben.on('rejected', ({ code }) => rejected.push(code))
  ben.graph.subscribe((change) => changes.push(change))
  expect([ben.role, ben.joined.role]).toEqual(['viewer', 'viewer'])
  const data = { blueprint_type_id: 'task', name: 'mine' }
  const error = await rejection(ben.execute('CreateNode', data))
  expect(error).toMatchObject({
    code: 'FORBIDDEN',
    details: [{ actual: 'viewer' }],
    command: { command_type: 'CreateNode', data },
  })
  expect(await rejection(ben.undo())).toMatchObject({ code: 'FORBIDDEN' })
  await eventually(() => expect(rejected).toEqual(['FORBIDDEN', 'FORBIDDEN']))
  expect([changes, ben.pending]).toEqual([[], 0])
  await ann().putMember({ session_id, actor_id: 'ben' }, { role: 'editor' })
  await eventually(() => expect(ben.role).toBe('editor'))
  expect(ben.joined.role).toBe('editor')
  await ben.execute('CreateNode', { blueprint_type_id: 'task' })
  expect(ben.canUndo).toBe(true)
  await ann().putMember({ session_id, actor_id: 'ben' }, { role: 'commenter' })
  await eventually(() => expect(roles).toEqual(['editor', 'commenter']))
  expect(await rejection(ben.undo())).toMatchObject({ code: 'FORBIDDEN' })
})

test('[AUTH4] who is removed is told so, and may come back when the role does', async () => {
  const session_id = await newSession({ ben: 'editor' })
  const connected = as('ben')
  const ben = await connected.join(session_id)
  const roles: unknown[] = []
  connected.on('role', (role) => roles.push(role))
  const ended = new Promise((resolve) => ben.on('ended', resolve))
  await ann().deleteMember({ session_id, actor_id: 'ben' })
  expect(await ended).toMatchObject({ code: 'FORBIDDEN' })
  expect(ben.status).toMatchObject({ refused: { code: 'FORBIDDEN' } })
  expect([ben.role, connected.status]).toEqual([undefined, 'live'])
  expect(await rejection(connected.join(session_id))).toMatchObject({ code: 'FORBIDDEN' })
  await ann().putMember({ session_id, actor_id: 'ben' }, { role: 'viewer' })
  await eventually(() => expect(roles).toEqual([{ session_id, role: 'viewer' }]))
  expect((await connected.join(session_id)).role).toBe('viewer')
})

test('the steps of a user are theirs, also when the client was not told who that is', async () => {
  const session_id = await newSession()
  const session = await client({ token: tokenFor('ann') }).join(session_id)
  await session.execute('CreateNode', { blueprint_type_id: 'task' })
  expect(session.canUndo).toBe(true)
})

test('a refused join is remembered for a moment: the same promise', async () => {
  const connected = as('eve')
  const session_id = await newSession()
  const first = connected.join(session_id)
  await rejection(first)
  expect(connected.join(session_id)).toBe(first)
  const wrong = connected.join('')
  expect(connected.join('')).toBe(wrong)
  await expect(wrong).rejects.toThrow(TypeError)
})

test('[JOIN8] [PRES4] whoever loses the connection for a moment is seen as before', async () => {
  const session_id = await newSession({ ben: 'editor', zoe: 'viewer' })
  await using network = await Network.to(server.url)
  const watcher = await as('ann').join(session_id)
  await as('zoe').join(session_id)
  const connected = as('ben', network.url)
  const ben = await connected.join(session_id)
  ben.presence.update({ focus: 'a' })
  await eventually(() => expect(watcher.others).toHaveLength(1))
  expect(names(watcher.participants)).toEqual(['ann (me)', 'zoe', 'ben'])
  expect(names(ben.participants)).toEqual(['ann', 'zoe', 'ben (me)'])
  const seen: unknown[] = []
  watcher.on('others', (others) => seen.push(others.map(({ actor, state }) => [actor.id, state])))
  watcher.on('participants', (participants) => seen.push(names(participants)))
  const before = ben.joined.client_id
  network.cut()
  network.mend()
  await eventually(() => expect(ben.joined.client_id).not.toBe(before))
  await eventually(() => expect(ben.status).toBe('live'))
  await eventually(() => expect(watcher.others[0]?.client_id).toBe(ben.joined.client_id))
  await eventually(() => expect(watcher.participants.at(-1)?.client_id).toBe(ben.joined.client_id))
  expect(seen).toEqual([[['ben', { focus: 'a' }]], ['ann (me)', 'zoe', 'ben']])
  expect(ben.others).toEqual([])
  connected.close()
  await eventually(() => expect(names(watcher.participants)).toEqual(['ann (me)', 'zoe']))
  expect(watcher.others).toEqual([])
})

test('[JOIN8] a connection that broke without a word leaves no ghost', async () => {
  const session_id = await newSession({ ben: 'editor' })
  await using network = await Network.to(server.url)
  const watcher = await as('ann').join(session_id)
  const connected = client({ actor: 'ben', token: tokenFor('ben'), ackTimeoutMs: 300 }, network.url)
  const ben = await connected.join(session_id)
  ben.presence.update({ focus: 'a' })
  await eventually(() => expect(watcher.others).toHaveLength(1))
  const before = ben.joined.client_id
  network.abandon()
  void ben.execute('CreateNode', { blueprint_type_id: 'task' })
  await eventually(() => expect(ben.joined.client_id).not.toBe(before))
  expect([ben.joined.active_clients, ben.others]).toEqual([2, []])
  await eventually(() => expect(watcher.others[0]?.client_id).toBe(ben.joined.client_id))
  expect(watcher.others).toHaveLength(1)
})

test('[PRES4] a state that is the same is not sent', async () => {
  const session_id = await newSession()
  const session = await as('ann').join(session_id)
  const spy = await as('ann').join(session_id)
  let told = 0
  spy.on('others', () => (told += 1))
  for (let n = 0; n < 50; n += 1) {
    session.presence.update({ selection: ['a'] })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await eventually(() => expect(told).toBe(1))
  session.presence.update({ selection: ['b'] })
  await eventually(() => expect(told).toBe(2))
})

test('[AUTH5] [AUTH11] a share link makes a guest, the same one over connections and REST', async () => {
  const session_id = await newSession()
  const { token } = await ann().createShareLink({ session_id }, { role: 'editor' })
  await using network = await Network.to(server.url)
  const connected = client({ shareToken: token, actor: { id: 'x', name: 'Gus' } }, network.url)
  const guest = await connected.join(session_id)
  expect(guest.joined).toMatchObject({ role: 'editor', actor: { name: 'Gus' } })
  const { id } = guest.joined.actor ?? {}
  await guest.execute('CreateNode', { blueprint_type_id: 'task' })
  expect(guest.canUndo).toBe(true)
  const before = guest.joined.client_id
  network.cut()
  network.mend()
  await eventually(() => expect(guest.joined.client_id).not.toBe(before))
  await eventually(() => expect(guest.status).toBe('live'))
  expect(guest.joined.actor?.id).toBe(id)
  const command = { session_id, command_type: 'CreateNode', data: { blueprint_type_id: 'task' } }
  await connected.rest.executeCommand(command as never)
  const { entries } = await connected.rest.getHistory({ session_id })
  expect(new Set(entries.map(({ actor }) => actor.id))).toEqual(new Set([id]))
  // A user who comes by a link stays the user.
  const eve = await client({ token: tokenFor('eve'), shareToken: token }).join(session_id)
  expect(eve.joined).toMatchObject({ role: 'editor', actor: { id: 'eve' } })
  for (const shareToken of ['', 5]) {
    expect(() => connect(server.url, { shareToken: shareToken as never })).toThrow(TypeError)
  }
})

test('Vue leaves clients and sessions as they are', async () => {
  const connected = as('ann')
  const session: Session = await connected.join(await newSession())
  const state = reactive({ client: connected, session })
  const held = ref(session)
  await state.session.execute('CreateNode', { blueprint_type_id: 'task' })
  expect(held.value.canUndo).toBe(true)
  held.value.presence.update({ focus: null })
  expect(reactive(session.graph).children(null)).toHaveLength(1)
  expect(state.client.status).toBe('live')
  expect([held.value, state.client]).toEqual([session, connected])
})

test('[PRES5] a viewer shows no presence, and is told so once', async () => {
  const session_id = await newSession({ ben: 'viewer', zoe: 'editor' })
  const zoe = await as('zoe').join(session_id)
  const ben = await as('ben').join(session_id)
  const rejected: unknown[] = []
  ben.on('rejected', ({ code, details }) => rejected.push([code, details[0]?.expected]))
  for (let x = 0; x < 5; x += 1) ben.presence.update({ x })
  expect(ben.presence.mine).toBeNull()
  await eventually(() => expect(rejected).toEqual([['FORBIDDEN', 'the role commenter']]))
  zoe.presence.update({ at: 'zoe' })
  await eventually(() => expect(ben.others).toMatchObject([{ state: { at: 'zoe' } }]))
  await ann().putMember({ session_id, actor_id: 'ben' }, { role: 'commenter' })
  await eventually(() => expect(ben.role).toBe('commenter'))
  ben.presence.update({ at: 'ben' })
  await eventually(() => expect(zoe.others).toMatchObject([{ state: { at: 'ben' } }]))
  await ann().putMember({ session_id, actor_id: 'ben' }, { role: 'viewer' })
  await eventually(() => expect(zoe.others).toEqual([]))
  await eventually(() => expect(ben.presence.mine).toBeNull())
  expect(rejected).toHaveLength(1)
})
