import { describe, expect, test } from 'vitest'
import { openDoor, type Answer } from './doors.js'
import { quickApp, testApp, type TestApp } from './harness.js'
import { askInText } from './text-packets.js'

const TWO_MEGABYTES = 'x'.repeat(2_000_000)

const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`
const nestedObjects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const keys = (count: number) =>
  `{${Array.from({ length: count }, (_, i) => `"${i.toString(36)}":0`).join(',')}}`

/** A command as text. With an id it is digested even when it is refused. */
const update = (value: string) =>
  `{"session_id":"s","command_id":"c","command_type":"UpdateProperty","data":{"node_id":"n","property_id":"p","new_value":${value}}}`

function post(app: TestApp, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${app.url}/api/v1/commands/execute`, { method: 'POST', headers, body })
}

async function withNode(args: string[] = []): Promise<TestApp> {
  const app = await quickApp({ args })
  await app.graphClient('s')
  const door = await openDoor(app, 'REST', 's')
  await door.execute('CreateNode', { blueprint_type_id: 't', node_id: 'n' })
  return app
}

describe('[LIM1] a message of 2 MB', () => {
  test.each([
    ['websocket', { reason: 'transport close', code: 1009 }],
    ['polling', { reason: 'transport error', code: 413 }],
  ])('ends its own connection with a reason (%s)', async (transport, told) => {
    await using app = await withNode()
    const neighbour = await (await app.client()).join('s')
    const client = await app.client({ transports: [transport], reconnection: false })
    const gone = new Promise((resolve) =>
      client.socket.once('disconnect', (reason, details) => {
        const { context, description } = (details ?? {}) as unknown as {
          context?: { code?: number }
          description?: unknown
        }
        resolve({ reason, code: context?.code ?? description })
      }),
    )
    client.socket.emit('execute_command', { session_id: 's', data: TWO_MEGABYTES })
    expect(await gone).toEqual(told)
    expect(await neighbour.execute('s', 'DeleteNode', { node_id: 'n' })).toMatchObject({ seq: 2 })
  })

  test('is 413 as the body of a request', async () => {
    await using app = await withNode()
    const answer = await post(app, update(`"${TWO_MEGABYTES}"`))
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } })
  })

  test('is taken where the operator allows it', async () => {
    await using app = await withNode(['--max-message-bytes', '3000000', '--max-value-bytes', '0'])
    expect((await post(app, update(`"${TWO_MEGABYTES}"`))).status).toBe(200)
    const client = await app.client()
    const data = { node_id: 'n', property_id: 'q', new_value: TWO_MEGABYTES }
    expect(await client.execute('s', 'UpdateProperty', data)).toMatchObject({ ok: true, seq: 3 })
  })
})

describe('[LIM2] what a payload may measure', () => {
  const DEEP = [101, 1_000, 10_000, 80_000, 400_000].map(
    (levels): [title: string, json: string] => [
      `${levels} levels`,
      levels < 100_000 ? nestedObjects(levels) : nested(levels),
    ],
  )
  const PAYLOADS = [...DEEP, ['100,000 keys', keys(100_000)] as const]

  test.each(PAYLOADS)('%s are LIMIT_EXCEEDED, by every door', async (_title, json) => {
    await using app = await withNode()
    const error = { code: 'LIMIT_EXCEEDED', retryable: false }
    const answer = await post(app, update(json))
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ command_id: 'c', error })
    for (const namespace of ['/', '/graph']) {
      const client = namespace === '/' ? await app.client() : await app.graphClient('s')
      const asked = { namespace, event: 'execute_command', json: update(json) }
      expect(await askInText(client, asked)).toMatchObject({ ok: false, error })
    }
    // The server lives, and the id is free.
    expect((await post(app, update('1'))).status).toBe(200)
  })

  test.each([50, 99])('%i levels are taken', async (levels) => {
    await using app = await withNode()
    expect((await post(app, update(nested(levels)))).status).toBe(200)
  })

  test('500,000 levels are more than a message may be, and end nothing but their connection', async () => {
    await using app = await withNode()
    expect((await post(app, update(nested(500_000)))).status).toBe(413)
    const client = await app.client({ reconnection: false })
    const asked = { namespace: '/', event: 'execute_command', json: update(nested(500_000)) }
    await expect(askInText(client, asked)).rejects.toThrow('transport close')
    expect((await post(app, update('1'))).status).toBe(200)
  })

  test('depth and width are set by the operator, for presence too', async () => {
    await using app = await withNode(['--max-json-depth', '10', '--max-json-width', '5'])
    const client = await (await app.client()).join('s')
    const wide = { list: [1, 2, 3, 4, 5, 6] }
    const shown = await client.ask('update_presence', { session_id: 's', state: wide })
    const expected = 'to have at most 5 keys or items'
    expect(shown).toMatchObject({
      error: { code: 'LIMIT_EXCEEDED', details: [{ path: '/state/list', expected, actual: 6 }] },
    })
    const answer = (await (await post(app, update(nested(11)))).json()) as Answer
    expect(answer.error).toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect((await post(app, update('[1,2,3,4,5]'))).status).toBe(200)
  })
})

describe('[LIM3] graphs', () => {
  const create = (node_id: string, parent_id: string | null) => ({
    command_type: 'CreateNode',
    data: { blueprint_type_id: 't', node_id, parent_id },
  })

  test('a chain of 10,000 levels is made, read, deleted and brought back; one more is refused', async () => {
    await using app = await testApp()
    await app.graphClient('s')
    const door = await openDoor(app, 'REST', 's')
    const chain = Array.from({ length: 10_000 }, (_, n) =>
      create(`n${n}`, n === 0 ? null : `n${n - 1}`),
    )
    for (const at of [0, 5_000]) {
      const commands = chain.slice(at, at + 5_000)
      expect(await door.execute('Batch', { commands })).toMatchObject({ ok: true })
    }
    expect(await door.execute('CreateNode', create('more', 'n9999').data)).toMatchObject({
      error: {
        code: 'LIMIT_EXCEEDED',
        details: [{ path: '/data/parent_id', expected: 'at most 10,000 levels', actual: 10_001 }],
      },
    })
    expect((await fetch(`${app.url}/api/v1/sessions/s/graph/tree`)).status).toBe(200)
    expect(await door.execute('DeleteNode', { node_id: 'n0' })).toMatchObject({ ok: true })
    expect(await door.ask('undo')).toMatchObject({ ok: true, undo: { status: 'applied' } })
    await using again = await app.restart()
    const { body } = await again.api('GET', '/graph?session_id=s')
    expect(body.nodes).toHaveLength(10_000)
  })

  test('100,000 siblings are imported; one more is refused, in a file and by a command', async () => {
    await using app = await quickApp()
    const nodes = Array.from({ length: 100_001 }, (_, n) => ({ id: `n${n}`, type: 't' }))
    const refused = await app.api('POST', '/projects/import', { graph: { nodes } })
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'LIMIT_EXCEEDED' } } })
    expect((await app.api('GET', '/projects')).body.projects).toEqual([])
    const file = { graph: { nodes: nodes.slice(1) } }
    const { status, body } = await app.api('POST', '/projects/import', file)
    expect(status).toBe(201)
    const door = await openDoor(app, 'REST', String(body.session_id))
    expect(await door.execute('CreateNode', create('more', null).data)).toMatchObject({
      error: { code: 'LIMIT_EXCEEDED', details: [{ actual: 100_001 }] },
    })
  })

  test('[LIM4] a project that is larger than the limits by now is not loaded; undo is not refused', async () => {
    await using app = await testApp()
    const graph = {
      nodes: [
        { id: 'a', type: 't', children: ['b'] },
        { id: 'b', type: 't' },
      ],
    }
    const { body } = await app.api('POST', '/projects/import', { graph })
    const { project_id, session_id } = body as { project_id: string; session_id: string }
    const { dataDir } = app
    const before = await openDoor(app, 'REST', session_id)
    await before.execute('DeleteNode', { node_id: 'a' })
    await app.close()
    await using strict = await testApp({ dataDir, args: ['--max-nodes', '1'] })
    const loaded = await strict.api('POST', `/projects/${project_id}/load`)
    expect(loaded).toMatchObject({ status: 422, body: { error: { code: 'LIMIT_EXCEEDED' } } })
    const door = await openDoor(strict, 'REST', session_id)
    expect(await door.ask('undo')).toMatchObject({ ok: true, undo: { status: 'applied' } })
    expect(await door.execute('CreateNode', create('c', null).data)).toMatchObject({
      error: { code: 'LIMIT_EXCEEDED' },
    })
  })
})

describe('[LIM2] a payload of more values than it may have', () => {
  /** None of the lists is too wide by itself. */
  const lists = (count: number) =>
    `[${Array.from({ length: count / 5_000 }, () => `[${'[],'.repeat(4_999)}[]]`).join(',')}]`

  test('is LIMIT_EXCEEDED with its command id, by every door', async () => {
    await using app = await withNode()
    const answer = await post(app, update(lists(200_000)))
    expect(answer.status).toBe(422)
    const error = { code: 'LIMIT_EXCEEDED', retryable: false }
    expect(await answer.json()).toMatchObject({ ok: false, command_id: 'c', error })
    for (const namespace of ['/', '/graph']) {
      const client = namespace === '/' ? await app.client() : await app.graphClient('s')
      const asked = { namespace, event: 'execute_command', json: update(lists(200_000)) }
      expect(await askInText(client, asked)).toMatchObject({ ok: false, command_id: 'c', error })
    }
    expect((await post(app, update(lists(50_000)))).status).toBe(200)
  })

  test('counts what the JSON holds, and no commas or brackets within text', async () => {
    await using app = await withNode()
    expect((await post(app, update(`"${'[,{\\"'.repeat(100_000)}"`))).status).toBe(200)
  })

  const keyed = (count: number, key: (n: number) => string) => {
    const objects = Array.from({ length: count }, (_, n) => `{"${key(n)}":1}`)
    const lists = Array.from({ length: count / 5_000 }, (_, n) =>
      objects.slice(5_000 * n, 5_000 * (n + 1)),
    )
    return `[${lists.map((list) => `[${list.join()}]`).join()}]`
  }

  test('or of more keys that differ', async () => {
    await using app = await withNode()
    const many = update(keyed(25_000, (n) => `k${n}`))
    const error = {
      code: 'LIMIT_EXCEEDED',
      details: [{ expected: 'at most 20,000 different keys' }],
    }
    expect((await post(app, many)).status).toBe(422)
    for (const namespace of ['/', '/graph']) {
      const client = namespace === '/' ? await app.client() : await app.graphClient('s')
      const asked = { namespace, event: 'execute_command', json: many }
      expect(await askInText(client, asked)).toMatchObject({ ok: false, command_id: 'c', error })
      // What is refused was not parsed: nothing else is told of it.
      const broken = { ...asked, json: `${many.slice(0, -1)},]}` }
      expect(await askInText(client, broken)).toMatchObject({ ok: false, command_id: 'c', error })
    }
    expect((await post(app, update(keyed(25_000, (n) => `k${n % 100}`)))).status).toBe(200)
  })

  test('does not take a command id from what is within it', async () => {
    await using app = await withNode()
    const inner = `{"command_id":"inner","lists":${lists(200_000)}}`
    expect(await (await post(app, update(inner))).json()).toMatchObject({ command_id: 'c' })
  })
})
