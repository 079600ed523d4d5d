import { expect, test } from 'vitest'
import { quickApp, type TestApp } from './harness.js'
import { bearer, SECRET } from './tokens.js'

const WITH_AUTH = { args: ['--jwt-secret', SECRET, '--trust-proxy', '127.0.0.1'] }
const CREATE = { blueprint_type_id: 'task' }

type Shared = { session_id: string; share_token: string; link_id: string }

/** A session of ann's with a link for editors. */
async function shared(app: TestApp): Promise<Shared> {
  const ann = await bearer('ann')
  const { body } = await app.api('POST', '/sessions', {}, ann)
  const session_id = String(body.session_id)
  const made = await app.api('POST', `/sessions/${session_id}/share-links`, { role: 'editor' }, ann)
  const { link_id } = made.body.link as { link_id: string }
  return { session_id, share_token: String(made.body.token), link_id }
}

async function guestOn(app: TestApp, { session_id, share_token }: Shared, auth: object = {}) {
  const client = await app.client({ auth: { share_token, ...auth } })
  const joined = await client.ask('join_session', { session_id })
  const { id, name } = joined.actor as { id: string; name: string }
  return { client, id, name, guest_token: joined.guest_token as string }
}

async function guestOnGraph(app: TestApp, { session_id, share_token }: Shared, auth: object = {}) {
  const client = await app.graphClient(session_id, { auth: { session_id, share_token, ...auth } })
  const { actor, guest_token } = await client.next('session:guest')
  return { client, id: (actor as { id: string }).id, guest_token: guest_token as string }
}

test('[AUTH11] guests of one link are several people, each the same one again by its token', async () => {
  await using app = await quickApp(WITH_AUTH)
  const link = await shared(app)
  const [one, other] = [await guestOn(app, link), await guestOn(app, link)]
  const third = await guestOnGraph(app, link)
  const own = new RegExp(`^guest:${link.link_id}:[A-Za-z0-9_-]{22}$`)
  for (const { id } of [one, other, third]) expect(id).toMatch(own)
  expect(new Set([one.id, other.id, third.id]).size).toBe(3)
  one.client.socket.disconnect()
  const { guest_token } = one
  expect(await guestOn(app, link, { guest_token })).toMatchObject({ id: one.id, guest_token })
  expect((await guestOnGraph(app, link, { guest_token })).id).toBe(one.id)
  // By another link it is somebody else: links tell nobody who their guests are elsewhere.
  const second = await shared(app)
  expect((await guestOn(app, second, { guest_token })).id).toMatch(`guest:${second.link_id}:`)
})

test('[AUTH11] [UNDO1] a guest undoes its own work only, by any door', async () => {
  await using app = await quickApp(WITH_AUTH)
  const link = await shared(app)
  const { session_id, share_token } = link
  const [one, other] = [await guestOn(app, link), await guestOnGraph(app, link)]
  await one.client.execute(session_id, 'CreateNode', { ...CREATE, node_id: 'a' })
  const nothing = { ok: false, error: { code: 'NOTHING_TO_UNDO' } }
  expect(await other.client.ask('undo_command', {})).toMatchObject(nothing)
  const undo = (headers: object) =>
    app.api(
      'POST',
      `/sessions/${session_id}/undo`,
      {},
      { 'x-share-token': share_token, ...headers },
    )
  expect((await undo({})).status).toBe(409)
  expect((await undo({ 'x-guest-token': other.guest_token })).status).toBe(409)
  expect((await undo({ 'x-guest-token': one.guest_token })).status).toBe(200)
})

test('[AUTH11] a request without a guest token counts as its address, and is given one', async () => {
  await using app = await quickApp(WITH_AUTH)
  const { session_id, share_token } = await shared(app)
  const execute = async (address: string, extra: object = {}) => {
    const headers = { 'x-share-token': share_token, 'x-forwarded-for': address, ...extra }
    const body = { session_id, command_type: 'CreateNode', data: CREATE }
    const answer = await app.api('POST', '/commands/execute', body, headers)
    expect(answer.status).toBe(200)
    const path = `/sessions/${session_id}/history?limit=1`
    const { body: page } = await app.api('GET', path, undefined, await bearer('ann'))
    const [entry] = page.entries as [{ actor: { id: string } }]
    return { id: entry.actor.id, token: answer.headers.get('x-guest-token') }
  }
  const [first, again] = [await execute('192.0.2.1'), await execute('192.0.2.1')]
  const elsewhere = await execute('192.0.2.2')
  expect(again.id).toBe(first.id)
  expect(elsewhere.id).not.toBe(first.id)
  // Two people behind one address are told apart as soon as they present what they were given.
  expect(again.token).not.toBe(first.token)
  const token = { 'x-guest-token': first.token }
  const [here, there] = [await execute('192.0.2.1', token), await execute('192.0.2.2', token)]
  expect(here.id).toBe(there.id)
  expect([first.id, elsewhere.id]).not.toContain(here.id)
  expect(here.token).toBe(first.token)
})

test('[AUTH11] a guest may claim a name, and neither an id nor a malformed token', async () => {
  await using app = await quickApp(WITH_AUTH)
  const link = await shared(app)
  const claimed = await guestOn(app, link, { actor: { id: 'ann', name: 'Ann' } })
  expect(claimed).toMatchObject({ name: 'Ann', id: expect.stringMatching(/^guest:/) })
  expect((await guestOn(app, link)).name).toBe('Guest')
  const refused = { data: { code: 'BAD_REQUEST', details: [{ path: '/guest_token' }] } }
  const auth = { share_token: link.share_token, guest_token: 'x' }
  await expect(app.client({ auth })).rejects.toMatchObject(refused)
  const headers = { 'x-share-token': link.share_token, 'x-guest-token': 'x' }
  const path = `/graph?session_id=${link.session_id}`
  expect((await app.api('GET', path, undefined, headers)).status).toBe(400)
  const member = await app.api('GET', '/sessions', undefined, await bearer('ann'))
  expect(member.headers.get('x-guest-token')).toBeNull()
})

test('[AUTH12] a guest has a quarter of what a user has, all guests of a link have as much', async () => {
  const args = [...WITH_AUTH.args, '--command-rate-per-user', '1:8']
  await using app = await quickApp({ args, elapsed: () => 0 })
  const link = await shared(app)
  const { session_id } = link
  const limited: boolean[][] = []
  for (let guests = 0; guests < 5; guests += 1) {
    const { client } = await guestOn(app, link)
    const row: boolean[] = []
    for (let i = 0; i < 3; i += 1) {
      const answer = await client.execute(session_id, 'CreateNode', CREATE)
      row.push((answer.error as { code?: string } | undefined)?.code === 'RATE_LIMITED')
    }
    limited.push(row)
  }
  const own = [false, false, true]
  expect(limited).toEqual([own, own, own, own, [true, true, true]])
  const ann = await bearer('ann')
  const body = { session_id, command_type: 'CreateNode', data: CREATE }
  expect((await app.api('POST', '/commands/execute', body, ann)).status).toBe(200)
})
