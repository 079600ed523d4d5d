import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type RawClient, REDIS, type TestApp } from './harness.js'
import { TEMPLATES as STAFF } from './staff.js'
import { SECRET, bearer, tokenFor } from './tokens.js'
import { twoNodes } from './two-nodes.js'

const CREATE = { blueprint_type_id: 'task', name: 'A task' }

type Json = Record<string, unknown>

async function openSession(app: TestApp, session_id: string, headers = {}): Promise<void> {
  expect((await app.api('POST', '/sessions', { session_id }, headers)).status).toBe(201)
}

async function graphOf(app: TestApp, session_id: string): Promise<unknown> {
  const { status, body } = await app.api('GET', `/graph?session_id=${session_id}`)
  expect(status).toBe(200)
  return body
}

/** The commands that a client has been told of as executed, in order. */
function executed(client: RawClient): unknown[] {
  return client.of('command:executed').map(({ seq, command_id }) => [seq, command_id])
}

describe('servers of one database', () => {
  test('[CMD2] writers on two of them see one order of commits, and end with one graph', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const a = await (await one.client()).join('s')
    const b = await (await other.client()).join('s')
    const write = async (client: RawClient, name: string) => {
      const acks: Json[] = []
      for (let n = 0; n < 60; n += 1) {
        const command = { ...CREATE, node_id: `${name}-${n}` }
        acks.push(await client.execute('s', 'CreateNode', command, { command_id: `${name}${n}` }))
      }
      return acks
    }
    const acks = (await Promise.all([write(a, 'a'), write(b, 'b')])).flat()
    expect(acks.filter(({ ok }) => ok)).toHaveLength(120)
    const seqs = acks.map(({ seq }) => Number(seq)).toSorted((x, y) => x - y)
    expect(seqs).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
    for (const client of [a, b]) await client.next('command:executed', ({ seq }) => seq === 120)
    expect(executed(a)).toHaveLength(120)
    expect(executed(b)).toEqual(executed(a))
    expect(await graphOf(other, 's')).toEqual(await graphOf(one, 's'))
  })

  test('[IDEM1] a command id that was used on one is a retry on the other, also at the same time', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const a = await (await one.client()).join('s')
    const b = await (await other.client()).join('s')
    for (let n = 0; n < 10; n += 1) {
      const command = { ...CREATE, node_id: `n${n}` }
      const both = [a, b].map((client) =>
        client.execute('s', 'CreateNode', command, { command_id: `c${n}` }),
      )
      const [first, second] = await Promise.all(both)
      expect(second).toMatchObject({ ok: true, seq: first?.seq, result: first?.result })
      expect([first, second].filter((ack) => ack?.duplicate === true)).toHaveLength(1)
    }
    const again = await b.execute(
      's',
      'CreateNode',
      { ...CREATE, node_id: 'n0' },
      { command_id: 'c0' },
    )
    expect(again).toMatchObject({ ok: true, seq: 1, duplicate: true })
  })

  test('[READ1] what one has acknowledged, the other shows and builds on at once', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const a = await (await one.client()).join('s')
    await (await other.client()).join('s')
    for (let n = 0; n < 20; n += 1) {
      const node_id = `n${n}`
      expect(await a.execute('s', 'CreateNode', { ...CREATE, node_id })).toMatchObject({ ok: true })
      const headers = { 'x-session-id': 's' }
      const update = { node_id, property_id: 'name', new_value: `Name ${n}` }
      const command = { command_type: 'UpdateProperty', data: update }
      const { status } = await other.api('POST', '/commands/execute', command, headers)
      expect(status).toBe(200)
      const { body } = await one.api('GET', `/sessions/s/nodes/${node_id}`)
      expect(body).toMatchObject({ node: { name: `Name ${n}` } })
    }
  })

  test('[UNDO1] a command of one is undone on the other', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const actor = { id: 'ann' }
    const a = await (await one.client()).join('s', { actor })
    const b = await (await other.client()).join('s', { actor })
    await a.execute('s', 'CreateNode', { ...CREATE, node_id: 'n' })
    expect(await b.ask('undo_command', { session_id: 's' })).toMatchObject({ ok: true, seq: 2 })
    expect(await a.ask('undo_command', { session_id: 's' })).toMatchObject({
      error: { code: 'NOTHING_TO_UNDO' },
    })
    expect(await a.ask('redo_command', { session_id: 's' })).toMatchObject({ ok: true, seq: 3 })
  })

  test('[UNDO3] a step that came to nothing on one is used up on the other', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const actor = { id: 'ann' }
    const a = await (await one.client()).join('s', { actor })
    const b = await (await other.client()).join('s', { actor })
    const ben = await (await other.client()).join('s', { actor: { id: 'ben' } })
    const set = (client: RawClient, property_id: string, new_value: number) =>
      client.execute('s', 'UpdateProperty', { node_id: 'n', property_id, new_value })
    await a.execute('s', 'CreateNode', { ...CREATE, node_id: 'n' })
    await set(a, 'p', 1)
    await set(a, 'q', 1)
    await set(ben, 'q', 2)
    const undo = { session_id: 's', command_id: 'undo-q' }
    const noop = { ok: true, seq: null, undo: { status: 'noop' } }
    expect(await a.ask('undo_command', undo)).toMatchObject(noop)
    expect(await b.ask('undo_command', undo)).toMatchObject({ ...noop, duplicate: true })
    // The next step of hers is that on p.
    expect(await b.ask('undo_command', { session_id: 's' })).toMatchObject({
      seq: 5,
      undo: { status: 'applied' },
    })
    expect(await graphOf(one, 's')).toMatchObject({ nodes: [{ properties: { q: 2 } }] })
  })

  test('[IDEM7] one project is created for one command, whichever server is asked', async () => {
    await using all = await twoNodes([], { templatesDir: STAFF })
    const nodes = [all.one, all.other]
    const ids = new Set<unknown>()
    for (let n = 0; n < 5; n += 1) {
      const body = { template_id: 'staff', project_name: 'One', command_id: `c${n}` }
      const answers = await Promise.all(nodes.map((node) => node.api('POST', '/projects', body)))
      expect(answers.map(({ status }) => status)).toEqual([201, 201])
      const [first, second] = answers.map((answer) => answer.body.project_id)
      expect(second).toBe(first)
      ids.add(first)
    }
    expect(ids.size).toBe(5)
    const { body } = await all.one.api('GET', '/sessions')
    expect(body.sessions).toHaveLength(5)
  })

  test('[CMD8] the rooms of both learn what came to nothing, once', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const a = await (await one.client()).join('s')
    const b = await (await other.client()).join('s')
    const command_id = 'failing'
    await a.execute('s', 'DeleteNode', { node_id: 'nowhere' }, { command_id })
    await a.execute('s', 'DeleteNode', { node_id: 'nowhere' }, { command_id: 'last' })
    for (const client of [a, b]) {
      await client.next('command:failed', (told) => told.command_id === 'last')
      await pause(200)
      expect(client.of('command:failed').map((told) => told.command_id)).toEqual([
        command_id,
        'last',
      ])
    }
  })

  test('[JOIN5] clients are counted, named and seen over both', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const a = await (await one.client()).join('s', { actor: { id: 'ann', name: 'Ann' } })
    await a.ask('update_presence', { session_id: 's', state: { cursor: [1, 2] } })
    const b = await other.client()
    await expect
      .poll(async () => (await other.api('GET', '/sessions/s')).body.active_clients)
      .toBe(1)
    const joined = await b.ask('join_session', {
      session_id: 's',
      actor: { id: 'bob' },
      stream: 'changes',
    })
    expect(joined).toMatchObject({ active_clients: 2, presence: [{ state: { cursor: [1, 2] } }] })
    expect(joined.participants).toHaveLength(2)
    expect(
      await a.next('session:connected', ({ actor }) => (actor as Json).id === 'bob'),
    ).toMatchObject({
      active_clients: 2,
    })
    await b.ask('update_presence', { session_id: 's', state: { focus: null, at: 'b' } })
    expect(
      await a.next('presence:changed', ({ state }) => (state as Json | null)?.at === 'b'),
    ).toMatchObject({
      actor: { id: 'bob' },
    })
    b.socket.disconnect()
    expect(await a.next('session:disconnected')).toMatchObject({ active_clients: 1 })
  })

  test('[JOIN8] a client that comes back to another takes the place that it had', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const actor = { id: 'ann' }
    const watcher = await (await other.client()).join('s', { actor: { id: 'bob' } })
    const before = await (await one.client()).join('s', { actor, stream: 'changes' })
    await before.ask('update_presence', { session_id: 's', state: { at: 'here' } })
    await watcher.next('presence:changed')
    const after = await other.client()
    const replaces = before.socket.id
    const joined = await after.ask('join_session', {
      session_id: 's',
      actor,
      stream: 'changes',
      replaces,
    })
    expect(joined).toMatchObject({ ok: true, active_clients: 2 })
    expect(
      await watcher.next('presence:changed', (told) => told.replaces === replaces),
    ).toMatchObject({
      state: { at: 'here' },
    })
    for (const app of [one, other]) {
      await expect
        .poll(async () => (await app.api('GET', '/sessions/s')).body.active_clients)
        .toBe(2)
    }
  })

  test('[AUTH4] who loses a role on one loses it on the other, whose clients learn of it', async () => {
    await using all = await twoNodes(['--jwt-secret', SECRET], { templatesDir: STAFF })
    const { one, other } = all
    const ann = await bearer('ann')
    await openSession(one, 's', ann)
    const put = (actor: string, role: string) =>
      one.api('PUT', `/sessions/s/members/${actor}`, { role }, ann)
    expect((await put('eve', 'editor')).status).toBe(200)
    const eve = await other.client({ auth: { token: await tokenFor('eve') } })
    await eve.join('s')
    expect(await eve.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true })
    expect((await put('eve', 'viewer')).status).toBe(200)
    expect(await eve.next('permissions:changed')).toMatchObject({ role: 'viewer' })
    expect(await eve.execute('s', 'CreateNode', CREATE)).toMatchObject({
      error: { code: 'FORBIDDEN' },
    })
    await one.api('DELETE', '/sessions/s/members/eve', undefined, ann)
    await expect
      .poll(async () => (await eve.execute('s', 'CreateNode', CREATE)).error)
      .toMatchObject({
        code: expect.stringMatching(/FORBIDDEN|BAD_REQUEST|SESSION_NOT_FOUND/) as unknown,
      })
    await expect
      .poll(
        async () =>
          (await other.api('GET', '/graph?session_id=s', undefined, await bearer('eve'))).status,
      )
      .toBe(403)
  })

  test('[AUTH7] the last owner stays, whoever is asked at the same time', async () => {
    await using all = await twoNodes(['--jwt-secret', SECRET])
    const { one, other } = all
    const ann = await bearer('ann')
    for (let n = 0; n < 6; n += 1) {
      const id = `s${n}`
      await openSession(one, id, ann)
      const put = await one.api('PUT', `/sessions/${id}/members/bob`, { role: 'owner' }, ann)
      expect(put.body).toMatchObject({ member: { role: 'owner' } })
      const bob = await bearer('bob')
      await expect
        .poll(
          async () => (await other.api('GET', `/sessions/${id}/members`, undefined, bob)).status,
        )
        .toBe(200)
      await Promise.all([
        one.api('DELETE', `/sessions/${id}/members/bob`, undefined, ann),
        other.api('DELETE', `/sessions/${id}/members/ann`, undefined, bob),
      ])
      const lists = await Promise.all(
        [ann, bob].map((who) => one.api('GET', `/sessions/${id}/members`, undefined, who)),
      )
      const owners = lists.flatMap(({ body }) => (body.members as Json[] | undefined) ?? [])
      expect(owners.filter(({ role }) => role === 'owner').length).toBeGreaterThan(0)
    }
  })

  test('[LIM33] what a user or an address has used on one is used on the other, while Redis is there', async () => {
    const rates = ['--command-rate-per-user', '1:60', '--join-rate-per-user', '1:10']
    const args = ['--jwt-secret', SECRET, ...rates, '--new-session-rate', '1:5']
    // The budgets do not grow again: no time passes.
    await using all = await twoNodes(args, { elapsed: () => 0 })
    const { one, other } = all
    const clients = async (session_id: string, actor: string) => {
      await openSession(one, session_id, await bearer(actor))
      const auth = { token: await tokenFor(actor) }
      const a = await (await one.client({ auth })).join(session_id)
      return { a, b: await (await other.client({ auth })).join(session_id) }
    }
    const create = (client: RawClient, session_id: string) =>
      client.execute(session_id, 'CreateNode', CREATE)
    const many = async (count: number, ask: () => Promise<Json>) => {
      const answers = await Promise.all(Array.from({ length: count }, ask))
      return answers.filter(({ ok }) => ok === true).length
    }
    const limited = { ok: false, error: { code: 'RATE_LIMITED' } }
    const ann = await clients('s', 'ann')
    const bob = await clients('b', 'bob')
    await many(10, () => ann.a.ask('join_session', { session_id: 's' }))
    expect(await many(60, () => create(ann.a, 's'))).toBe(60)
    const slow = { interval: 200 }
    await expect.poll(() => create(ann.b, 's'), slow).toMatchObject(limited)
    expect(await ann.b.ask('join_session', { session_id: 's' })).toMatchObject(limited)
    expect(await create(bob.b, 'b')).toMatchObject({ ok: true })
    const open = async (session_id: string) =>
      (await other.api('POST', '/sessions', { session_id }, await bearer('bob'))).status
    // Two of five were opened on the one.
    expect([await open('c'), await open('d'), await open('e'), await open('f')]).toEqual([
      201, 201, 201, 429,
    ])
    for (const { redis } of [one, other]) redis.cut()
    expect(await many(59, () => create(bob.a, 'b'))).toBe(59)
    await pause(1_000)
    expect(await many(59, () => create(bob.b, 'b'))).toBe(59)
  })

  test('a session that is deleted on one ends on the other, and is another when it is made again', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const b = await (await other.client()).join('s')
    await b.execute('s', 'CreateNode', CREATE)
    await one.api('DELETE', '/sessions/s')
    await b.next('error', ({ code }) => code === 'SESSION_NOT_FOUND')
    await openSession(one, 's')
    expect(await graphOf(other, 's')).toMatchObject({ seq: 0 })
  })

  test.each(['cut', 'stall'] as const)(
    'go on without Redis (%s), by asking the journal',
    async (fault) => {
      await using all = await twoNodes()
      const { one, other } = all
      await openSession(one, 's')
      const a = await (await one.client()).join('s')
      const b = await (await other.client()).join('s')
      for (const { redis } of [one, other]) redis[fault]()
      expect(await a.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 1 })
      expect(await b.next('command:executed')).toMatchObject({ seq: 1 })
      expect((await other.api('GET', '/ready')).status).toBe(200)
      for (const { redis } of [one, other]) redis.heal()
      // What was not told meanwhile is told anew.
      const c = await (await one.client()).join('s')
      await expect
        .poll(async () => (await other.api('GET', '/sessions/s')).body.active_clients)
        .toBe(3)
      c.socket.disconnect()
      await expect
        .poll(async () => (await other.api('GET', '/sessions/s')).body.active_clients)
        .toBe(2)
    },
  )

  test('[CMD2] what one commits, the other shows without asking the database', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const a = await (await one.client()).join('s')
    const b = await (await other.client()).join('s')
    await a.next('session:connected', ({ active_clients }) => active_clients === 2)
    other.postgres.stall()
    for (let seq = 1; seq <= 20; seq += 1) {
      expect(await a.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq })
    }
    await b.next('command:executed', ({ seq }) => seq === 20)
    expect(executed(b)).toEqual(executed(a))
    other.postgres.heal()
    expect(await b.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 21 })
    expect(await graphOf(one, 's')).toEqual(await graphOf(other, 's'))
  })

  test('what somebody else writes to Redis is not taken in', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    const session_id = `sent-${randomUUID()}`
    await openSession(one, session_id)
    const a = await (await one.client()).join(session_id)
    const b = await (await other.client()).join(session_id)
    await a.next('session:connected', ({ active_clients }) => active_clients === 2)
    const redis = await createClient({ url: REDIS }).connect()
    const listener = await redis.duplicate().connect()
    const heard: [text: string, channel: string][] = []
    await listener.pSubscribe('talus:*', (text, channel) => {
      if (text.includes(session_id) && text.includes('"appended"')) heard.push([text, channel])
    })
    const genuine = { ...CREATE, node_id: 'genuine' }
    expect(await a.execute(session_id, 'CreateNode', genuine)).toMatchObject({ ok: true, seq: 1 })
    await expect.poll(() => heard.length).toBe(1)
    const [[text, channel] = ['', '']] = heard
    const next = text.replace(`"${session_id}",1,`, `"${session_id}",2,`)
    expect(next).not.toBe(text)
    await redis.publish(channel, next.replaceAll('genuine', 'forged'))
    expect(await a.execute(session_id, 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 2 })
    await b.next('command:executed', ({ seq }) => seq === 2)
    expect(executed(b)).toEqual(executed(a))
    expect(JSON.stringify(await graphOf(other, session_id))).not.toContain('forged')
    redis.destroy()
    listener.destroy()
  })

  test('one that cannot reach the database shows and takes nothing; the other goes on', async () => {
    await using all = await twoNodes()
    const { one, other } = all
    await openSession(one, 's')
    const a = await (await one.client()).join('s')
    const b = await (await other.client()).join('s')
    other.postgres.cut()
    expect(await a.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 1 })
    expect(await b.execute('s', 'CreateNode', CREATE)).toMatchObject({
      error: { code: 'STORAGE_UNAVAILABLE' },
    })
    expect((await other.api('GET', '/graph?session_id=s')).status).toBe(503)
    expect((await other.api('GET', '/ready')).status).toBe(503)
    other.postgres.heal()
    await b.next('command:executed', ({ seq }) => seq === 1)
    await expect.poll(async () => (await other.api('GET', '/ready')).status).toBe(200)
    expect(await b.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 2 })
  })
})
