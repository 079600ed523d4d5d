import type { Role } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { quickApp, testApp, type RawClient, type TestApp } from './harness.js'
import { REAL_TEMPLATES } from './projects-samples.js'
import { TEMPLATES } from './templates.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const WITH_AUTH = { args: ['--jwt-secret', SECRET, '--admins', 'root'] }

const CREATE = { blueprint_type_id: 'task', name: 'A task' }

const ROLES: Role[] = ['viewer', 'commenter', 'editor', 'owner']

function codeOf(answer: Record<string, unknown>): unknown {
  return (answer.error as { code?: unknown } | undefined)?.code
}

/** A client on `/` that has proven to be somebody. */
async function clientOf(app: TestApp, sub: string, auth: object = {}): Promise<RawClient> {
  return app.client({ auth: { token: await tokenFor(sub), ...auth } })
}

/** A session of ann's. */
async function sessionOfAnn(app: TestApp): Promise<string> {
  const { status, body } = await app.api('POST', '/sessions', {}, await bearer('ann'))
  expect(status).toBe(201)
  return String(body.session_id)
}

async function admit(app: TestApp, session_id: string, actor_id: string, role: Role) {
  const path = `/sessions/${session_id}/members/${actor_id}`
  const put = await app.api('PUT', path, { role }, await bearer('ann'))
  expect(put.status).toBe(200)
}

async function refusedHandshake(connecting: Promise<unknown>): Promise<unknown> {
  const error: unknown = await connecting.then(
    () => undefined,
    (err: unknown) => err,
  )
  return (error as { data?: { code?: unknown } } | undefined)?.data?.code
}

test('[AUTH2] without a token, nobody comes in by any door', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  expect(await refusedHandshake(app.client())).toBe('UNAUTHORIZED')
  expect(await refusedHandshake(app.graphClient(session_id))).toBe('UNAUTHORIZED')
  for (const path of ['/sessions', `/sessions/${session_id}`, `/graph?session_id=${session_id}`]) {
    const { status, body, headers } = await app.api('GET', path)
    expect([path, status, codeOf(body)]).toEqual([path, 401, 'UNAUTHORIZED'])
    expect(headers.get('www-authenticate')).toBe('Bearer')
  }
  expect((await app.api('GET', '/health')).status).toBe(200)
})

test('[AUTH2] the actor is who the token says, whatever the client claims', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  const ann = await clientOf(app, 'ann', { actor: 'bob' })
  const joined = await ann.ask('join_session', { session_id, actor: 'carl' })
  expect(joined).toMatchObject({ ok: true, actor: { id: 'ann' }, role: 'owner' })
  await ann.execute(session_id, 'CreateNode', CREATE)
  expect(await ann.next('node-created')).toMatchObject({ actor: { id: 'ann' } })
})

test('[JOIN2] with authentication, an unknown session is not made by joining it', async () => {
  await using app = await quickApp(WITH_AUTH)
  const ann = await clientOf(app, 'ann')
  expect(codeOf(await ann.ask('join_session', { session_id: 'new' }))).toBe('SESSION_NOT_FOUND')
  const graph = app.graphClient('new', {
    auth: { session_id: 'new', token: await tokenFor('ann') },
  })
  expect(await refusedHandshake(graph)).toBe('SESSION_NOT_FOUND')
})

test('[AUTH2] a session of others: no door opens, and no event leaks', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  const [ann, eve] = [await clientOf(app, 'ann'), await clientOf(app, 'eve')]
  await ann.ask('join_session', { session_id })
  expect(codeOf(await eve.ask('join_session', { session_id }))).toBe('FORBIDDEN')
  expect(codeOf(await eve.execute(session_id, 'CreateNode', CREATE))).toBe('FORBIDDEN')
  for (const event of ['undo_command', 'redo_command']) {
    expect(codeOf(await eve.ask(event, { session_id }))).toBe('FORBIDDEN')
  }
  const presence = { session_id, state: { focus: null } }
  expect(codeOf(await eve.ask('update_presence', presence))).toBe('FORBIDDEN')
  const token = await tokenFor('eve')
  const graph = app.graphClient(session_id, { auth: { session_id, token } })
  expect(await refusedHandshake(graph)).toBe('FORBIDDEN')
  const headers = { ...(await bearer('eve')), 'x-session-id': session_id }
  const command = { command_type: 'CreateNode', data: CREATE }
  for (const [method, path, body] of [
    ['POST', '/commands/execute', command],
    ['POST', '/commands/preview', command],
    ['POST', '/graph/search', {}],
    ['GET', '/graph', undefined],
    ['GET', `/sessions/${session_id}/changes`, undefined],
    ['GET', `/sessions/${session_id}/members`, undefined],
    ['POST', `/sessions/${session_id}/share-links`, { role: 'viewer' }],
    ['PUT', `/sessions/${session_id}/members/eve`, { role: 'owner' }],
    ['POST', '/sessions', { session_id }],
    ['DELETE', `/sessions/${session_id}`, undefined],
  ] as const) {
    const answer = await app.api(method, path, body, headers)
    expect([path, answer.status, codeOf(answer.body)]).toEqual([path, 403, 'FORBIDDEN'])
  }
  expect((await app.api('GET', '/sessions', undefined, headers)).body).toEqual({
    sessions: [],
    next_cursor: null,
  })
  await ann.execute(session_id, 'CreateNode', CREATE)
  await eve.settled()
  expect(eve.received.filter(({ event }) => event !== 'error')).toEqual([])
})

test('[AUTH2] a command needs a join, and on /graph the session of the handshake', async () => {
  await using app = await quickApp(WITH_AUTH)
  const [one, other] = [await sessionOfAnn(app), await sessionOfAnn(app)]
  const root = await clientOf(app, 'ann')
  expect(codeOf(await root.execute(one, 'CreateNode', CREATE))).toBe('FORBIDDEN')
  const auth = { session_id: one, token: await tokenFor('ann') }
  const graph = await app.graphClient(one, { auth })
  expect(await graph.execute(one, 'CreateNode', CREATE)).toMatchObject({ ok: true })
  expect(codeOf(await graph.execute(other, 'CreateNode', CREATE))).toBe('FORBIDDEN')
})

test('[AUTH2] a session in the body does not lead past the one that was authorised', async () => {
  await using app = await quickApp(WITH_AUTH)
  const [victim, mine] = [await sessionOfAnn(app), 'of-eve']
  const ann = await clientOf(app, 'ann')
  await ann.ask('join_session', { session_id: victim })
  await ann.execute(victim, 'CreateNode', CREATE)
  const headers = await bearer('eve')
  await app.api('POST', '/sessions', { session_id: mine }, headers)
  const body = { session_id: victim, scope: 'session' }
  const undone = await app.api('POST', `/sessions/${mine}/undo`, body, headers)
  expect(codeOf(undone.body)).toBe('NOTHING_TO_UNDO')
  const command = { session_id: victim, command_type: 'CreateNode', data: CREATE }
  const named = { ...headers, 'x-session-id': mine }
  const executed = await app.api('POST', '/commands/execute', command, named)
  expect(codeOf(executed.body)).toBe('BAD_REQUEST')
  const other = { ...command, session_id: mine }
  const crossed = { ...headers, 'x-session-id': victim }
  expect((await app.api('POST', '/commands/execute', other, crossed)).status).toBe(400)
  const read = await app.api('GET', `/graph?session_id=${victim}`, undefined, named)
  expect(codeOf(read.body)).toBe('BAD_REQUEST')
  const { body: graph } = await app.api(
    'GET',
    `/sessions/${victim}`,
    undefined,
    await bearer('ann'),
  )
  expect(graph.seq).toBe(1)
})

test.for(ROLES)('[AUTH3] what a %s may do', async (role) => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  await admit(app, session_id, 'ben', role)
  const ben = await clientOf(app, 'ben')
  expect(await ben.ask('join_session', { session_id })).toMatchObject({ ok: true, role })
  const can = (least: Role) => ROLES.indexOf(role) >= ROLES.indexOf(least)
  const expected = (least: Role) => (can(least) ? undefined : 'FORBIDDEN')
  const presence = { session_id, state: { focus: null } }
  expect(codeOf(await ben.ask('update_presence', presence))).toBe(expected('commenter'))
  expect(codeOf(await ben.execute(session_id, 'CreateNode', CREATE))).toBe(expected('editor'))
  expect(codeOf(await ben.ask('undo_command', { session_id }))).toBe(expected('editor'))
  const headers = await bearer('ben')
  const path = `/sessions/${session_id}`
  expect((await app.api('GET', `${path}/graph/tree`, undefined, headers)).status).toBe(200)
  const restored = await app.api('POST', `${path}/restore`, { seq: 0 }, headers)
  expect(codeOf(restored.body)).toBe(expected('owner'))
  const promoted = await app.api('PUT', `${path}/members/ben`, { role: 'owner' }, headers)
  expect(codeOf(promoted.body)).toBe(expected('owner'))
})

test('[AUTH4] who is removed goes at once, and no later command of theirs counts', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  await admit(app, session_id, 'ben', 'editor')
  const [ann, ben] = [await clientOf(app, 'ann'), await clientOf(app, 'ben')]
  const auth = { session_id, token: await tokenFor('ben') }
  const graph = await app.graphClient(session_id, { auth })
  await ann.ask('join_session', { session_id })
  await ben.ask('join_session', { session_id })
  const path = `/sessions/${session_id}/members/ben`
  const gone = await app.api('DELETE', path, undefined, await bearer('ann'))
  expect(gone.status).toBe(200)
  expect(codeOf(await ben.execute(session_id, 'CreateNode', CREATE))).toBe('FORBIDDEN')
  const changed = { session_id, actor_id: 'ben', role: null }
  expect(await ben.next('permissions:changed')).toMatchObject(changed)
  expect(await ann.next('permissions:changed')).toMatchObject(changed)
  await graph.next('permissions:changed')
  expect(graph.socket.connected).toBe(false)
  ben.clear()
  await ann.execute(session_id, 'CreateNode', CREATE)
  await ben.settled()
  expect(ben.names()).toEqual([])
  expect(codeOf(await ben.ask('join_session', { session_id }))).toBe('FORBIDDEN')
})

test('[AUTH4] who is made a viewer stays and may no longer edit', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  await admit(app, session_id, 'ben', 'editor')
  const ben = await clientOf(app, 'ben')
  await ben.ask('join_session', { session_id })
  await admit(app, session_id, 'ben', 'viewer')
  expect(codeOf(await ben.execute(session_id, 'CreateNode', CREATE))).toBe('FORBIDDEN')
  const ann = await clientOf(app, 'ann')
  await ann.ask('join_session', { session_id })
  await ann.execute(session_id, 'CreateNode', CREATE)
  expect(await ben.next('node-created')).toBeDefined()
})

test('[AUTH3] a session keeps an owner; anybody may give up their own role', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  await admit(app, session_id, 'ben', 'viewer')
  const path = `/sessions/${session_id}/members`
  const left = await app.api('DELETE', `${path}/ben`, undefined, await bearer('ben'))
  expect(left.status).toBe(200)
  const last = await app.api('DELETE', `${path}/ann`, undefined, await bearer('ann'))
  expect(codeOf(last.body)).toBe('LAST_OWNER')
  const demoted = await app.api('PUT', `${path}/ann`, { role: 'editor' }, await bearer('ann'))
  expect(codeOf(demoted.body)).toBe('LAST_OWNER')
})

test('[AUTH3] an administrator owns every session', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  const headers = await bearer('root')
  const { body } = await app.api('GET', '/sessions', undefined, headers)
  expect(body.sessions).toMatchObject([{ session_id }])
  const deleted = await app.api('DELETE', `/sessions/${session_id}`, undefined, headers)
  expect(deleted.status).toBe(200)
})

test('[AUTH3] an id that is free again carries no roles of the session before', async () => {
  await using app = await quickApp(WITH_AUTH)
  const made = { session_id: 'again' }
  await app.api('POST', '/sessions', made, await bearer('ann'))
  await app.api('DELETE', '/sessions/again', undefined, await bearer('ann'))
  expect((await app.api('POST', '/sessions', made, await bearer('eve'))).status).toBe(201)
  const { body } = await app.api('GET', '/sessions/again', undefined, await bearer('ann'))
  expect(codeOf(body)).toBe('FORBIDDEN')
})

test('[AUTH3] roles and links outlive the server', async () => {
  await using app = await testApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  await admit(app, session_id, 'ben', 'editor')
  const made = await app.api(
    'POST',
    `/sessions/${session_id}/share-links`,
    { role: 'viewer' },
    await bearer('ann'),
  )
  await using again = await app.restart()
  const ben = await clientOf(again, 'ben')
  expect(await ben.ask('join_session', { session_id })).toMatchObject({ role: 'editor' })
  const guest = await again.client({ auth: { share_token: made.body.token } })
  expect(await guest.ask('join_session', { session_id })).toMatchObject({ role: 'viewer' })
})

test('[AUTH5] a share link ends with its session, also for a new one of the same id', async () => {
  await using app = await quickApp(WITH_AUTH)
  const named = { session_id: 'again' }
  const by = await bearer('ann')
  await app.api('POST', '/sessions', named, by)
  const made = await app.api('POST', '/sessions/again/share-links', { role: 'editor' }, by)
  const eve = await clientOf(app, 'eve', { share_token: made.body.token })
  expect(await eve.ask('join_session', named)).toMatchObject({ ok: true, role: 'editor' })
  await app.api('DELETE', '/sessions/again', undefined, by)
  expect((await app.api('POST', '/sessions', named, by)).status).toBe(201)
  expect(codeOf(await eve.ask('join_session', named))).toBe('FORBIDDEN')
  expect(codeOf(await eve.execute('again', 'CreateNode', CREATE))).toBe('FORBIDDEN')
})

test('[AUTH5] naming a session that others own takes nothing from its guests', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  const path = `/sessions/${session_id}/share-links`
  const made = await app.api('POST', path, { role: 'editor' }, await bearer('ann'))
  const guest = await app.client({ auth: { share_token: made.body.token } })
  await guest.ask('join_session', { session_id })
  const taken = await app.api('POST', '/sessions', { session_id }, await bearer('eve'))
  expect(codeOf(taken.body)).toBe('FORBIDDEN')
  expect(await guest.execute(session_id, 'CreateNode', CREATE)).toMatchObject({ ok: true })
})

test('[AUTH5] a share link gives its role in its session, and nothing else', async () => {
  await using app = await quickApp(WITH_AUTH)
  const [session_id, other] = [await sessionOfAnn(app), await sessionOfAnn(app)]
  const path = `/sessions/${session_id}/share-links`
  const made = await app.api('POST', path, { role: 'editor' }, await bearer('ann'))
  const share_token = String(made.body.token)
  const guest = await app.client({ auth: { share_token } })
  expect(await guest.ask('join_session', { session_id })).toMatchObject({
    ok: true,
    role: 'editor',
  })
  expect(await guest.execute(session_id, 'CreateNode', CREATE)).toMatchObject({ ok: true })
  expect(codeOf(await guest.ask('join_session', { session_id: other }))).toBe('FORBIDDEN')
  const headers = { 'x-share-token': share_token }
  expect(codeOf((await app.api('POST', '/sessions', {}, headers)).body)).toBe('FORBIDDEN')
  const eve = await clientOf(app, 'eve')
  const joined = await eve.ask('join_session', { session_id, share_token })
  expect(joined).toMatchObject({ ok: true, actor: { id: 'eve' }, role: 'editor' })
  const listed = await app.api('GET', path, undefined, await bearer('ann'))
  expect(JSON.stringify(listed.body)).not.toContain(share_token)
})

test('[AUTH5] a link that is revoked gives nothing, to whoever came by it either', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  const path = `/sessions/${session_id}/share-links`
  const made = await app.api('POST', path, { role: 'editor' }, await bearer('ann'))
  const share_token = String(made.body.token)
  const guest = await app.client({ auth: { share_token } })
  await guest.ask('join_session', { session_id })
  const { link_id } = made.body.link as { link_id: string }
  await app.api('DELETE', `${path}/${link_id}`, undefined, await bearer('ann'))
  expect(codeOf(await guest.execute(session_id, 'CreateNode', CREATE))).toBe('FORBIDDEN')
  expect(await guest.next('error')).toMatchObject({ code: 'FORBIDDEN' })
  expect(await refusedHandshake(app.client({ auth: { share_token } }))).toBe('UNAUTHORIZED')
})

test('[AUTH6] a connection ends when the token does', async () => {
  await using app = await quickApp({ args: [...WITH_AUTH.args, '--jwt-clock-tolerance', '0'] })
  const session_id = await sessionOfAnn(app)
  const expires = Math.ceil(Date.now() / 1_000) + 1
  const ann = await app.client({ auth: { token: await tokenFor('ann', { expires }) } })
  await ann.ask('join_session', { session_id })
  const gone = new Promise((resolve) => ann.socket.once('disconnect', resolve))
  expect(await ann.next('error')).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await gone).toBe('io server disconnect')
})

test('[AUTH5] to name a session of others takes nothing from those who came by a link', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  const path = `/sessions/${session_id}/share-links`
  const made = await app.api('POST', path, { role: 'editor' }, await bearer('ann'))
  const guest = await app.client({ auth: { share_token: made.body.token } })
  await guest.ask('join_session', { session_id })
  const named = await app.api('POST', '/sessions', { session_id }, await bearer('eve'))
  expect(codeOf(named.body)).toBe('FORBIDDEN')
  expect(await guest.execute(session_id, 'CreateNode', CREATE)).toMatchObject({ ok: true })
})

test('[AUTH7] a guest has what the link gives, whatever role is given to that name', async () => {
  await using app = await quickApp(WITH_AUTH)
  const session_id = await sessionOfAnn(app)
  const path = `/sessions/${session_id}/share-links`
  const made = await app.api('POST', path, { role: 'viewer' }, await bearer('ann'))
  const { link_id } = made.body.link as { link_id: string }
  await admit(app, session_id, `guest:${link_id}`, 'owner')
  const guest = await app.client({ auth: { share_token: made.body.token } })
  expect(await guest.ask('join_session', { session_id })).toMatchObject({ role: 'viewer' })
  await app.api('DELETE', `${path}/${link_id}`, undefined, await bearer('ann'))
  expect(await guest.next('error')).toMatchObject({ code: 'FORBIDDEN' })
  expect(codeOf(await guest.ask('join_session', { session_id }))).toBe('FORBIDDEN')
})

test('[AUTH8] who takes the id of a deleted session does not take its project', async () => {
  await using app = await quickApp({ ...WITH_AUTH, templatesDir: TEMPLATES })
  const [ann, eve] = [await bearer('ann'), await bearer('eve')]
  const project = { template_id: 'studio', project_name: 'Ours' }
  const { body } = await app.api('POST', '/projects', project, ann)
  const { session_id, project_id } = body as { session_id: string; project_id: string }
  await app.api('DELETE', `/sessions/${session_id}`, undefined, ann)
  const taken = await app.api('POST', '/sessions', { session_id }, eve)
  expect([taken.status, codeOf(taken.body)]).toEqual([403, 'FORBIDDEN'])
  for (const path of ['', '/export']) {
    const read = await app.api('GET', `/projects/${project_id}${path}`, undefined, eve)
    expect(codeOf(read.body)).toBe('SESSION_NOT_FOUND')
  }
  const loaded = await app.api('POST', `/projects/${project_id}/load`, {}, await bearer('root'))
  expect(loaded.body).toMatchObject({ session_id })
})

test('[AUTH2] a project that is not there gives no role in one that is coming', async () => {
  await using app = await quickApp(WITH_AUTH)
  const eve = await bearer('eve')
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/save'],
    ['POST', '/load'],
    ['GET', '/export'],
  ] as const) {
    const answer = await app.api(method, `/projects/nowhere${path}`, undefined, eve)
    expect([path, codeOf(answer.body)]).toEqual([path, 'PROJECT_NOT_FOUND'])
  }
})

test('[LIST1] lists come a page at a time, of one caller only, and go on at the cursor', async () => {
  await using app = await quickApp({ ...WITH_AUTH, templatesDir: TEMPLATES })
  const [ann, eve] = [await bearer('ann'), await bearer('eve')]
  const made: string[] = []
  for (const by of [ann, eve, ann, eve, ann]) {
    const project = { template_id: 'studio', project_name: 'P' }
    const { body } = await app.api('POST', '/projects', project, by)
    if (by === ann) made.push(String(body.session_id))
  }
  for (const name of ['sessions', 'projects']) {
    const seen: string[] = []
    let cursor: string | null = ''
    let pages = 0
    for (; cursor !== null; pages += 1) {
      const from: string = cursor && `&cursor=${cursor}`
      const { body } = await app.api('GET', `/${name}?limit=2${from}`, undefined, ann)
      const page = body[name] as { session_id: string }[]
      seen.push(...page.map(({ session_id }) => session_id))
      cursor = body.next_cursor as string | null
    }
    expect([pages, seen]).toEqual([2, made])
    const all = await app.api('GET', `/${name}`, undefined, await bearer('root'))
    expect([(all.body[name] as unknown[]).length, all.body.next_cursor]).toEqual([5, null])
    for (const wrong of ['cursor=x', 'limit=0', 'limit=1001']) {
      expect((await app.api('GET', `/${name}?${wrong}`, undefined, ann)).status).toBe(400)
    }
  }
})

test.each([
  ['/sessions/s/members', 'members', 'actor_id'],
  ['/sessions/s/share-links', 'links', 'link_id'],
  ['/templates', 'templates', 'template_id'],
])('[LIST1] %s is given whole, or a page at a time', async (path, name, id) => {
  await using app = await quickApp({ ...WITH_AUTH, templatesDir: REAL_TEMPLATES })
  const ann = await bearer('ann')
  await app.api('POST', '/sessions', { session_id: 's' }, ann)
  for (const actor of ['m1', 'm2', 'm3', 'm4', '\u{1f600}', '\u{ff5e}']) {
    const url = `/sessions/s/members/${encodeURIComponent(actor)}`
    await app.api('PUT', url, { role: 'viewer' }, ann)
    await app.api('POST', '/sessions/s/share-links', { role: 'viewer' }, ann)
  }
  const idsOf = (body: object) =>
    (body as Record<string, Record<string, string>[]>)[name]?.map((thing) => thing[id])
  const whole = await app.api('GET', path, undefined, ann)
  expect(whole.body).not.toHaveProperty('next_cursor')
  const seen: unknown[] = []
  let query = '?limit=2'
  for (let pages = 0; query !== '' && pages < 9; pages += 1) {
    const { body } = await app.api('GET', path + query, undefined, ann)
    seen.push(...(idsOf(body) ?? []))
    query = typeof body.next_cursor === 'string' ? `?limit=2&cursor=${body.next_cursor}` : ''
  }
  expect(seen.length).toBeGreaterThan(2)
  expect(seen).toEqual(idsOf(whole.body))
  // A cursor alone goes on to the end.
  const first = await app.api('GET', `${path}?limit=1`, undefined, ann)
  const rest = await app.api(
    'GET',
    `${path}?cursor=${String(first.body.next_cursor)}`,
    undefined,
    ann,
  )
  expect([idsOf(rest.body), rest.body.next_cursor]).toEqual([seen.slice(1), null])
  for (const wrong of ['cursor=x', 'limit=0', 'limit=1001']) {
    expect((await app.api('GET', `${path}?${wrong}`, undefined, ann)).status).toBe(400)
  }
})

describe('[AUTH13] the next token', () => {
  const WITHOUT_TOLERANCE = { args: [...WITH_AUTH.args, '--jwt-clock-tolerance', '0'] }

  test('keeps the connection and the sessions when the one before ends', async () => {
    await using app = await quickApp(WITHOUT_TOLERANCE)
    const expires = Math.ceil(Date.now() / 1_000) + 1
    const { body } = await app.api('POST', '/sessions', {}, await bearer('ann'))
    const session_id = String(body.session_id)
    const ann = await app.client({ auth: { token: await tokenFor('ann', { expires }) } })
    const joined = await ann.ask('join_session', { session_id })
    expect(joined.expires_in_ms).toBeLessThanOrEqual(2_000)
    const lost = new Promise((resolve) => ann.socket.once('disconnect', resolve))
    const next = await tokenFor('ann', { name: 'Ann', expires: expires + 2 })
    const answer = await ann.ask('authenticate', { token: next })
    expect(answer).toMatchObject({ ok: true, actor: { id: 'ann', name: 'Ann' } })
    expect(answer.expires_in_ms).toBeGreaterThan(Number(joined.expires_in_ms))
    while (Date.now() < expires * 1_000 + 200) await ann.settled()
    expect(await ann.execute(session_id, 'CreateNode', CREATE)).toMatchObject({ ok: true })
    expect(await lost).toBe('io server disconnect')
    expect(ann.of('error')).toMatchObject([{ code: 'UNAUTHORIZED' }])
    expect(Date.now()).toBeGreaterThanOrEqual((expires + 2) * 1_000)
  })

  test('of somebody else, and one that is refused, change nothing', async () => {
    await using app = await quickApp(WITH_AUTH)
    const { body } = await app.api('POST', '/sessions', {}, await bearer('ann'))
    const session_id = String(body.session_id)
    const ann = await app.client({ auth: { token: await tokenFor('ann') } })
    await ann.join(session_id)
    const codes = []
    for (const token of [await tokenFor('ben'), 'nonsense', '']) {
      codes.push(codeOf(await ann.ask('authenticate', { token })))
    }
    expect(codes).toEqual(['FORBIDDEN', 'UNAUTHORIZED', 'BAD_REQUEST'])
    expect(await ann.execute(session_id, 'CreateNode', CREATE)).toMatchObject({ ok: true })
    const graph = await app.graphClient(session_id, {
      auth: { session_id, token: await tokenFor('ann') },
    })
    const token = await tokenFor('ann')
    expect(codeOf(await graph.ask('authenticate', { token }))).toBe('BAD_REQUEST')
  })
})

describe('[AUTH4] a role that changes is told to whom it is about', () => {
  const rolesOf = (client: RawClient) => client.of('permissions:changed').map(({ role }) => role)

  test('by membership, also when it comes back', async () => {
    await using app = await quickApp(WITH_AUTH)
    const session_id = await sessionOfAnn(app)
    await admit(app, session_id, 'ben', 'viewer')
    const [ben, idle] = [await clientOf(app, 'ben'), await clientOf(app, 'ben')]
    await ben.join(session_id, { stream: 'changes' })
    await admit(app, session_id, 'ben', 'editor')
    const path = `/sessions/${session_id}/members/ben`
    await app.api('DELETE', path, undefined, await bearer('ann'))
    expect(await ben.next('error')).toMatchObject({
      code: 'FORBIDDEN',
      details: [{ path: '/session_id', actual: session_id }],
    })
    await admit(app, session_id, 'ben', 'commenter')
    await Promise.all([ben.settled(), idle.settled()])
    expect(rolesOf(ben)).toEqual(['editor', null, 'commenter'])
    expect(rolesOf(idle)).toEqual(['viewer', 'editor', null, 'commenter'].slice(1))
  })

  test('by a share link, which gives more than the membership', async () => {
    await using app = await quickApp(WITH_AUTH)
    const session_id = await sessionOfAnn(app)
    await admit(app, session_id, 'ben', 'viewer')
    const links = `/sessions/${session_id}/share-links`
    const made = await app.api('POST', links, { role: 'editor' }, await bearer('ann'))
    const { link_id } = made.body.link as { link_id: string }
    const ben = await clientOf(app, 'ben')
    const joined = await ben.ask('join_session', { session_id, share_token: made.body.token })
    expect(joined.role).toBe('editor')
    await admit(app, session_id, 'ben', 'commenter')
    await ben.settled()
    expect(rolesOf(ben)).toEqual([])
    await app.api('DELETE', `${links}/${link_id}`, undefined, await bearer('ann'))
    await ben.next('permissions:changed')
    expect(rolesOf(ben)).toEqual(['commenter'])
  })
})
