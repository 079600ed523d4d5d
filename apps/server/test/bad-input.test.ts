import { ERROR_CODES } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { openDoor } from './doors.js'
import { quickApp, testApp, type RawClient, type TestApp } from './harness.js'
import { askInText, sendText } from './text-packets.js'

const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`
const nestedObjects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const manyKeys = (count: number) =>
  `{${Array.from({ length: count }, (_, i) => `"${(i + 46_656).toString(36)}":0`).join(',')}}`
const property = (json: string) =>
  `{"session_id":"s","command_type":"UpdateProperty","data":{"node_id":"n","property_id":"p","new_value":${json}}}`

/** Payloads, as JSON text, that no event takes. */
const PAYLOADS: [title: string, json: string | undefined][] = [
  ['nothing', undefined],
  ['null', 'null'],
  ['a number', '5'],
  ['a text', '"s"'],
  ['true', 'true'],
  ['a list', '[]'],
  ['a list of payloads', '[{"session_id":"s"}]'],
  ['an empty object', '{"session_id":{}}'],
  ['a number as session', '{"session_id":5}'],
  ['__proto__ as session', '{"session_id":"__proto__"}'],
  ['a key __proto__', '{"__proto__":{"polluted":1},"session_id":{}}'],
  ['keys of every object', '{"constructor":{"prototype":{"polluted":1}},"toString":1}'],
  ['100 levels of lists', nested(100)],
  ['1,000 levels of lists', nested(1_000)],
  ['100,000 levels of lists', nested(100_000)],
  ['100,000 levels of objects', nestedObjects(100_000)],
  ['a deep session', `{"session_id":${nested(100_000)}}`],
  ['100,000 keys', manyKeys(100_000)],
  ['200,000 values', `[${Array(200_000).fill(0).join(',')}]`],
]

/** Commands that can be read and must be refused. */
const COMMANDS: [title: string, json: string][] = [
  ['a value 101 levels deep', property(nested(101))],
  ['a value 100,000 levels deep', property(nested(100_000))],
  ['an object 100,000 levels deep', property(nestedObjects(100_000))],
  ['a key __proto__ in a value', property('{"__proto__":{"polluted":1}}')],
  ['a key __proto__ far down', property('[{"a":[{"b":{"__proto__":{"polluted":1}}}]}]')],
  ['a property __proto__', property('1').replace('"p"', '"__proto__"')],
  ['a node __proto__', property('1').replace('"n"', '"__proto__"')],
  ['a command __proto__', property('1').replace('UpdateProperty', '__proto__')],
  ['a command constructor', property('1').replace('UpdateProperty', 'constructor')],
  [
    'properties with a key __proto__',
    '{"session_id":"s","command_type":"CreateNode","data":{"blueprint_type_id":"t","properties":{"__proto__":{"polluted":1}}}}',
  ],
  [
    'a type __proto__',
    '{"session_id":"s","command_type":"CreateNode","data":{"blueprint_type_id":"__proto__"}}',
  ],
]

const EVENTS = {
  '/': [
    'join_session',
    'leave_session',
    'execute_command',
    'preview_command',
    'undo_command',
    'redo_command',
    'update_presence',
  ],
  '/graph': ['execute_command', 'preview_command', 'update_presence'],
} as const

const SOCKETS = (['/', '/graph'] as const).flatMap((namespace) =>
  ['websocket', 'polling'].map((transport) => ({ namespace, transport })),
)

/** `pnpm test:long` takes all sockets, and sends all payloads to all events. */
const IS_WHOLE = process.env['TALUS_MATRIX'] === 'whole'
const TRIED = IS_WHOLE
  ? SOCKETS
  : SOCKETS.filter(({ namespace, transport }) => (namespace === '/') === (transport === 'polling'))

/** A payload from this length on takes the server most of a second for each event. */
const IS_LARGE = 100_000

/** The events that a payload is sent to; all of them are read and checked by the same code. */
function eventsFor(namespace: keyof typeof EVENTS, json = ''): readonly string[] {
  return IS_WHOLE || json.length < IS_LARGE ? EVENTS[namespace] : ['execute_command']
}

async function prepared(): Promise<TestApp> {
  const app = await quickApp()
  await app.graphClient('s')
  const door = await openDoor(app, 'REST', 's')
  await door.execute('CreateNode', { blueprint_type_id: 't', node_id: 'n' })
  return app
}

function connect(app: TestApp, socket: (typeof SOCKETS)[number]): Promise<RawClient> {
  const options = { transports: [socket.transport], reconnection: false }
  return socket.namespace === '/' ? app.client(options) : app.graphClient('s', options)
}

async function graphOf(app: TestApp): Promise<unknown> {
  return (await app.api('GET', '/graph?session_id=s')).body
}

/** A refusal with a code of the table, which says more than nothing and less than came in. */
const REFUSAL: unknown = expect.objectContaining({
  ok: false,
  error: expect.objectContaining({
    code: expect.stringMatching(new RegExp(`^(${ERROR_CODES.join('|')})$`)),
    message: expect.stringMatching(/^.{1,600}$/),
    retryable: false,
  }),
})

/** The server lives, for new clients too, and the graph is as it was. */
async function expectUnharmed(app: TestApp, before: unknown): Promise<void> {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  expect(await graphOf(app)).toEqual(before)
  const fresh = await (await app.client()).join('s')
  const data = { blueprint_type_id: 't', name: 'fresh' }
  expect(await fresh.execute('s', 'CreateNode', data)).toMatchObject({ ok: true, seq: 2 })
}

describe.each(TRIED)('[CMD1] [JOIN1] $namespace over $transport', (socket) => {
  test.each(PAYLOADS)('every event refuses %s', async (_title, json) => {
    await using app = await prepared()
    const before = await graphOf(app)
    const client = await connect(app, socket)
    const { namespace } = socket
    for (const event of eventsFor(namespace, json)) {
      const asked = json === undefined ? { namespace, event } : { namespace, event, json }
      expect(await askInText(client, asked)).toEqual(REFUSAL)
    }
    await expectUnharmed(app, before)
  })

  test.each(COMMANDS)('a command is refused: %s', async (_title, json) => {
    await using app = await prepared()
    const before = await graphOf(app)
    const client = await connect(app, socket)
    for (const event of ['execute_command', 'preview_command']) {
      const asked = { namespace: socket.namespace, event, json }
      expect(await askInText(client, asked)).toEqual(REFUSAL)
    }
    await expectUnharmed(app, before)
  })

  test.each([
    ['no_such_event', 'no_such_event'],
    ['constructor', 'constructor'],
    ['__proto__', '__proto__'],
    ['error', 'error'],
    ['an empty name', ''],
    ['a name of 9,999 characters', 'x'.repeat(9_999)],
  ])('an event that there is not: %s', async (_title, event) => {
    await using app = await prepared()
    const client = await connect(app, socket)
    expect(await client.ask(event, { session_id: 's' })).toEqual(REFUSAL)
    client.clear()
    client.socket.emit(event, { session_id: 's' })
    await client.settled()
    expect(client.received).toMatchObject([{ event: 'error', payload: { code: 'BAD_REQUEST' } }])
    await expectUnharmed(app, await graphOf(app))
  })

  test('a number as the name of an event', async () => {
    await using app = await prepared()
    const client = await connect(app, socket)
    const nsp = socket.namespace === '/' ? '' : '/graph,'
    sendText(client, `2${nsp}[17,{"session_id":"s"}]`)
    expect(await client.next('error')).toMatchObject({ code: 'BAD_REQUEST' })
    await expectUnharmed(app, await graphOf(app))
  })

  test('binary data, as the payload and inside of it', async () => {
    await using app = await prepared()
    const before = await graphOf(app)
    const client = await connect(app, socket)
    const bytes = Buffer.alloc(10_000, 1)
    for (const event of EVENTS[socket.namespace]) {
      expect(await client.ask(event, bytes)).toEqual(REFUSAL)
      expect(await client.ask(event, { session_id: bytes })).toEqual(REFUSAL)
    }
    const data = { node_id: 'n', property_id: 'p', new_value: { deep: [bytes] } }
    expect(await client.execute('s', 'UpdateProperty', data)).toEqual(REFUSAL)
    expect(await client.execute('s', 'UpdateProperty', bytes)).toEqual(REFUSAL)
    await expectUnharmed(app, before)
  })

  test('more arguments than one', async () => {
    await using app = await prepared()
    const client = await connect(app, socket)
    const command = { session_id: 's', command_type: 'DeleteNode', data: { node_id: 'x' } }
    const answer = await client.socket.emitWithAck('execute_command', command, 'another', [1])
    expect(answer).toMatchObject({ ok: false, error: { code: 'NODE_NOT_FOUND' } })
    await expectUnharmed(app, await graphOf(app))
  })

  test('[SYNC4] 2 MB close that socket only', async () => {
    await using app = await prepared()
    const before = await graphOf(app)
    const [other, witness] = [await connect(app, socket), await (await app.client()).join('s')]
    const client = await connect(app, socket)
    if (socket.namespace === '/') await client.join('s')
    const client_id = client.socket.id
    const closed = new Promise((resolve) => client.socket.once('disconnect', resolve))
    const data = { node_id: 'n', property_id: 'p', new_value: 'x'.repeat(2_000_000) }
    client.socket.emit('execute_command', { session_id: 's', command_type: 'UpdateProperty', data })
    await closed
    await witness.next('session:disconnected', (event) => event.client_id === client_id)
    expect(other.socket.connected).toBe(true)
    await other.settled()
    await expectUnharmed(app, before)
  })
})

test.each([
  ['an event without a name', '2'],
  ['an empty event', '2[]'],
  ['an event that is no list', '2{}'],
  ['an event named by an object', '2[{}]'],
  ['a reserved event', '2["disconnect"]'],
  ['a packet of no known type', '9'],
  ['an empty packet', ''],
  ['an answer to nothing', '3999999["x"]'],
  ['an answer without id', '3[]'],
  ['an id beyond all numbers', `2${'9'.repeat(400)}["execute_command"]`],
  ['a namespace that there is not', '0/nowhere,{}'],
  ['a handshake that is no JSON', '0/graph,{'],
  ['a handshake that is a list', '0/graph,[]'],
  ['a deep handshake', `0/graph,{"session_id":${nested(100_000)}}`],
  ['a deep actor', `0/graph,{"session_id":"s","actor":${nested(100_000)}}`],
  ['a handshake with __proto__', '0/graph,{"__proto__":{"session_id":"s","polluted":1}}'],
  ['a deep binary event', `51-["execute_command",${nested(50_000)}]`],
  ['an event that waits for attachments', '59-["execute_command",{"_placeholder":true,"num":0}]'],
  ['too many attachments', '599999999-["execute_command"]'],
  ['an error of the client', '4{"message":"x"}'],
])('[JOIN4] a malformed packet harms nobody: %s', async (_title, packet) => {
  await using app = await prepared()
  const before = await graphOf(app)
  const witness = await (await app.client()).join('s')
  for (const transport of ['websocket', 'polling']) {
    const client = await app.client({ transports: [transport], reconnection: false })
    sendText(client, packet)
    client.socket.io.engine.write(Buffer.from([1, 2, 3]))
    // Whatever the server makes of it, it says it before it answers others, or hangs up.
    await Promise.race([
      client.settled().catch(() => undefined),
      new Promise((resolve) => client.socket.once('disconnect', resolve)),
    ])
  }
  expect(witness.socket.connected).toBe(true)
  await expectUnharmed(app, before)
})

describe('[CMD1] REST', () => {
  const post = (app: TestApp, path: string, body: string, type = 'application/json') =>
    fetch(`${app.url}/api/v1${path}`, { method: 'POST', headers: { 'content-type': type }, body })

  const BODIES: [title: string, body: string, type?: string][] = [
    ['an empty body', ''],
    ['no JSON', '{"session_id":'],
    ['JSON with more behind it', '{} {}'],
    ['another type', '<command/>', 'application/xml'],
    ['a form', 'session_id=s', 'application/x-www-form-urlencoded'],
    ...PAYLOADS.flatMap(([title, json]): [string, string][] =>
      json === undefined ? [] : [[title, json]],
    ),
    ...COMMANDS,
  ]

  test.each(BODIES)('a body is refused: %s', async (_title, body, type) => {
    await using app = await prepared()
    const before = await graphOf(app)
    for (const path of ['/commands/execute', '/commands/preview']) {
      const response = await post(app, path, body, type)
      const answer = (await response.json()) as { error: { code: string } }
      expect([400, 404, 422]).toContain(response.status)
      expect(answer).toMatchObject({ success: false, error: { retryable: false } })
      expect(ERROR_CODES).toContain(answer.error.code)
    }
    await expectUnharmed(app, before)
  })

  test('a body of 2 MB is PAYLOAD_TOO_LARGE', async () => {
    await using app = await prepared()
    const before = await graphOf(app)
    const response = await post(app, '/commands/execute', property(`"${'x'.repeat(2_000_000)}"`))
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } })
    await expectUnharmed(app, before)
  })

  test.each(['__proto__', 'a%20b', '%00', 'a'.repeat(129), '%F0%9F%92%A9', '..%2f..%2fetc'])(
    'a session id in the path is refused: %s',
    async (session_id) => {
      await using app = await prepared()
      const { status, body } = await app.api('GET', `/sessions/${session_id}`)
      expect(status).toBe(400)
      expect(body).toMatchObject({ error: { code: 'BAD_REQUEST' } })
      expect((await app.api('GET', '/sessions')).body.sessions).toHaveLength(1)
    },
  )

  test('a header that names no session is refused', async () => {
    await using app = await prepared()
    const command = { command_type: 'CreateNode', data: { blueprint_type_id: 't' } }
    for (const session of ['__proto__', 'a b', 'x'.repeat(500)]) {
      const headers = { 'x-session-id': session }
      const { status } = await app.api('POST', '/commands/execute', command, headers)
      expect(status).toBe(400)
    }
  })
})

test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
  '[ID1] names of every object are names like others, also after a restart: %s',
  async (name) => {
    await using app = await testApp()
    const client = await (await app.client({ auth: { actor: name } })).join(name)
    const missing = await client.execute(name, 'DeleteNode', { node_id: name })
    expect(missing).toMatchObject({ error: { code: 'NODE_NOT_FOUND' } })
    expect(await app.api('GET', `/sessions/${name}/nodes/${name}`)).toMatchObject({ status: 404 })
    const data = { blueprint_type_id: name, node_id: name, properties: { [name]: { [name]: 1 } } }
    const options = { command_id: name }
    const created = await client.execute(name, 'CreateNode', data, options)
    expect(created).toEqual({ ok: true, command_id: name, seq: 1, result: { node_id: name } })
    const other = { node_id: name, property_id: 'isPrototypeOf' }
    const absent = await client.execute(name, 'DeleteProperty', other)
    expect(absent).toMatchObject({ error: { code: 'PROPERTY_NOT_FOUND' } })
    const set = { ...other, new_value: name, old_value: null }
    expect(await client.execute(name, 'UpdateProperty', set)).toMatchObject({ seq: 2 })
    const graph = (await app.api('GET', `/graph?session_id=${name}`)).body
    expect(graph).toMatchObject({
      nodes: [{ id: name, properties: { [name]: { [name]: 1 } } }],
    })
    await using again = await app.restart()
    expect((await again.api('GET', `/graph?session_id=${name}`)).body).toEqual(graph)
    const back = await (await again.client()).join(name)
    expect(await back.execute(name, 'CreateNode', data, options)).toEqual({
      ...created,
      duplicate: true,
    })
  },
)

test('[CMD1] a value as deep as the contract allows is stored, sent and restored', async () => {
  await using app = await testApp()
  const listener = await (await app.client()).join('s')
  const writer = await app.client()
  await writer.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: 'n' })
  const value = JSON.parse(nested(99)) as unknown
  const ack = await askInText(writer, {
    namespace: '/',
    event: 'execute_command',
    json: property(nested(99)),
  })
  expect(ack).toMatchObject({ ok: true, seq: 2 })
  expect((await listener.next('property-changed')).new_value).toEqual(value)
  await using again = await app.restart()
  const { body } = await again.api('GET', '/graph?session_id=s')
  expect(body.nodes).toMatchObject([{ properties: { p: value } }])
})
