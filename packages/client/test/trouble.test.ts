import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Ack, ErrorCode } from '@talus/protocol'
import { expect, test, vi } from 'vitest'
import { connect, type Session } from '../src/index.js'
import { eventually } from './eventually.js'
import { FakeServer, joined } from './fake-server.js'
import { rejection } from './rejection.js'

const QUICK = { ackTimeoutMs: 100, reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const create = (session: Session, name: string) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name }, { commandId: name })

const executed = (command_id = ''): Ack => ({
  ok: true,
  command_id,
  // There is no entry to wait for.
  seq: null,
  result: { node_id: command_id },
})

function refusedBy(code: ErrorCode, retryable: boolean, command_id = ''): Ack {
  return { ok: false, command_id, error: { code, message: code, retryable } }
}

async function blackHole(): Promise<AsyncDisposable & { url: string }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('a server that takes connections and says nothing: join ends with TIMEOUT', async () => {
  await using hole = await blackHole()
  const client = connect(hole.url, { ...QUICK, totalTimeoutMs: 500 })
  const error = await rejection(client.join('s'))
  expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true })
  expect(client.status).toBe('offline')
  client.close()
})

test('without an acknowledgement a command is sent again under its id, with the same payload', async () => {
  const received: unknown[] = []
  await using server = await FakeServer.start((socket) => {
    socket.on('execute_command', (payload) => received.push(payload))
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  const data = { blueprint_type_id: 'task', name: 'Before' }
  const creating = rejection(session.execute('CreateNode', data, { commandId: 'a' }))
  // Under one id the payload must stay the same, whatever happens to the caller's object.
  data.name = 'After'
  await eventually(() => expect(received.length).toBeGreaterThan(2))
  expect(new Set(received.map((payload) => JSON.stringify(payload)))).toHaveProperty('size', 1)
  client.close()
  expect((await creating).code).toBe('CLOSED')
})

test('a preview without an answer ends with TIMEOUT', async () => {
  await using server = await FakeServer.start(() => {})
  const client = connect(server.url, { ...QUICK, totalTimeoutMs: 450 })
  const session = await client.join('s')
  const error = await rejection(session.preview('DeleteNode', { node_id: 'n' }))
  expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true })
  client.close()
})

test('a late answer goes to the first that is asked again; the order stays', async () => {
  const order: string[] = []
  await using server = await FakeServer.start((socket) => {
    socket.on('execute_command', ({ command_id = '' }, ack) => {
      order.push(command_id)
      if (order.length > 3) ack?.(executed(command_id))
    })
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  await Promise.all(['a', 'b', 'c'].map((name) => create(session, name)))
  expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  client.close()
})

test('a connection that breaks without a word is replaced', async () => {
  let connections = 0
  await using server = await FakeServer.start((socket) => {
    connections += 1
    const isBroken = connections === 1
    if (isBroken) socket.removeAllListeners('ping')
    socket.on('execute_command', ({ command_id }, ack) => {
      if (!isBroken) ack?.(executed(command_id))
    })
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  await create(session, 'a')
  expect(connections).toBe(2)
  client.close()
})

test.each(['STORAGE_UNAVAILABLE', 'OVERLOADED', 'RATE_LIMITED'] as const)(
  '%s is tried again, and later commands wait: the order stays',
  async (code) => {
    let refusals = 4
    const log: string[] = []
    await using server = await FakeServer.start((socket) => {
      socket.on('execute_command', ({ command_id = '' }, ack) => {
        refusals -= 1
        if (refusals >= 0) return ack?.(refusedBy(code, true, command_id))
        log.push(command_id)
        ack?.(executed(command_id))
      })
    })
    const client = connect(server.url, QUICK)
    const session = await client.join('s')
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => create(session, name)))
    expect(log).toEqual(['a', 'b', 'c', 'd'])
    client.close()
  },
)

test('[LIM6] whoever is refused for now waits as long as the server says', async () => {
  const wait = 700
  const log: { what: string; at: number }[] = []
  const refuseOnce = (what: string) => {
    log.push({ what, at: performance.now() })
    return log.filter((one) => one.what === what).length === 1
  }
  const limited = {
    code: 'RATE_LIMITED',
    message: 'Later',
    retryable: true,
    retry_after_ms: wait,
  } as const
  await using server = await FakeServer.start((socket) => {
    socket.on('execute_command', ({ command_id = '' }, ack) => {
      if (refuseOnce('command')) return ack?.({ ok: false, command_id, error: limited })
      ack?.(executed(command_id))
    })
  })
  server.io.use((_socket, next) => {
    next(refuseOnce('handshake') ? Object.assign(new Error('Later'), { data: limited }) : undefined)
  })
  const client = connect(server.url, QUICK)
  await create(await client.join('s'), 'a')
  for (const what of ['handshake', 'command']) {
    const [first = 0, second = 0] = log.filter((one) => one.what === what).map(({ at }) => at)
    expect(second - first).toBeGreaterThanOrEqual(wait - 5)
  }
  client.close()
})

test('after a refusal the first goes alone, and a new command waits behind the refused', async () => {
  const log: string[] = []
  let refusals = 2
  await using server = await FakeServer.start((socket) => {
    socket.on('execute_command', ({ command_id = '' }, ack) => {
      refusals -= 1
      if (refusals >= 0) return ack?.(refusedBy('OVERLOADED', true, command_id))
      log.push(`${command_id} comes`)
      setTimeout(() => {
        log.push(`${command_id} done`)
        ack?.(executed(command_id))
      }, 30)
    })
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  const refused = [create(session, 'a'), create(session, 'b')]
  await eventually(() => expect(refusals).toBe(0))
  await later(30)
  await Promise.all([...refused, create(session, 'c')])
  expect(log.slice(0, 2)).toEqual(['a comes', 'a done'])
  expect(log.filter((line) => line.endsWith('done'))).toEqual(['a done', 'b done', 'c done'])
  client.close()
})

test('a refusal that only follows from one that is tried again does not count', async () => {
  const nodes = new Set<string>()
  let isFirst = true
  await using server = await FakeServer.start((socket) => {
    socket.on('execute_command', ({ command_id = '' }, ack) => {
      const wasFirst = isFirst
      isFirst = false
      if (wasFirst) return ack?.(refusedBy('OVERLOADED', true, command_id))
      if (command_id === 'child' && !nodes.has('parent')) {
        return ack?.(refusedBy('INVALID_PARENT', false, command_id))
      }
      nodes.add(command_id)
      ack?.(executed(command_id))
    })
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  await Promise.all([create(session, 'parent'), create(session, 'child')])
  expect([...nodes]).toEqual(['parent', 'child'])
  client.close()
})

test('a command is not tried again once a later one has taken effect', async () => {
  const log: string[] = []
  await using server = await FakeServer.start((socket) => {
    socket.on('execute_command', ({ command_id = '' }, ack) => {
      if (command_id === 'old') return ack?.(refusedBy('RATE_LIMITED', true, command_id))
      log.push(command_id)
      ack?.(executed(command_id))
    })
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  const old = rejection(create(session, 'old'))
  await create(session, 'new')
  expect(await old).toMatchObject({ code: 'RATE_LIMITED', retryable: true, commandId: 'old' })
  expect(log).toEqual(['new'])
  client.close()
})

test('a refusal for good is not tried again, nor is a fault of the server', async () => {
  let asked = 0
  await using server = await FakeServer.start((socket) => {
    socket.on('execute_command', ({ command_id }, ack) => {
      asked += 1
      ack?.(refusedBy(asked === 1 ? 'CYCLE_DETECTED' : 'INTERNAL_ERROR', asked > 1, command_id))
    })
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  expect((await rejection(create(session, 'a'))).code).toBe('CYCLE_DETECTED')
  expect(await rejection(create(session, 'b'))).toMatchObject({
    code: 'INTERNAL_ERROR',
    retryable: true,
  })
  expect(asked).toBe(2)
  client.close()
})

test('no command goes out before its session is joined again', async () => {
  const log: string[] = []
  let connections = 0
  await using server = await FakeServer.start((socket) => {
    connections += 1
    const connection = connections
    socket.removeAllListeners('join_session')
    socket.on('join_session', ({ session_id }, ack) => {
      const answer = () => {
        log.push(`${connection} joined`)
        ack?.(joined(session_id, socket.id))
      }
      setTimeout(answer, 30)
    })
    socket.on('execute_command', ({ command_id = '' }, ack) => {
      log.push(`${connection} ${command_id}`)
      if (connection === 1) socket.conn.close()
      else ack?.(executed(command_id))
    })
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  await Promise.all([create(session, 'a'), create(session, 'b')])
  expect(log.slice(log.indexOf('2 joined'))).toEqual(['2 joined', '2 a', '2 b'])
  expect(log[0]).toBe('1 joined')
  client.close()
})

test('a command called on a connection that slept too long waits for the join as well', async () => {
  const log: string[] = []
  let connections = 0
  const onSocket = (socket: Parameters<Parameters<typeof FakeServer.start>[0]>[0]) => {
    connections += 1
    const connection = connections
    socket.onAny((name: string) => log.push(`${connection} ${name}`))
    socket.on('execute_command', ({ command_id }, ack) => ack?.(executed(command_id)))
  }
  await using server = await FakeServer.start(onSocket, { pingInterval: 50, pingTimeout: 50 })
  const client = connect(server.url, { ...QUICK, ackTimeoutMs: 1_000 })
  const session = await client.join('s')
  const awake = Date.now() + 300
  // As a laptop that is closed: no timer runs, then all do.
  while (Date.now() < awake);
  await create(session, 'a')
  expect(log.filter((line) => line.startsWith('2'))).toEqual([
    '2 join_session',
    '2 execute_command',
  ])
  client.close()
})

test('a session that does not let the client in again ends', async () => {
  let joins = 0
  await using server = await FakeServer.start((socket) => {
    socket.removeAllListeners('join_session')
    socket.on('join_session', ({ session_id }, ack) => {
      joins += 1
      const error = { code: 'FORBIDDEN', message: 'No longer yours', retryable: false } as const
      ack?.(joins === 1 ? joined(session_id, socket.id) : { ok: false, error })
    })
    socket.on('execute_command', () => socket.conn.close())
  })
  const client = connect(server.url, QUICK)
  const session = await client.join('s')
  const ended = vi.fn<(error: Error) => void>()
  session.on('ended', ended)
  expect((await rejection(create(session, 'a'))).message).toBe('No longer yours')
  expect((await rejection(session.undo())).code).toBe('FORBIDDEN')
  expect(ended).toHaveBeenCalledTimes(1)
  await eventually(() => expect(client.status).toBe('live'))
  client.close()
})

const accepted = { ...joined('s', 'c'), protocol_version: undefined }

test.each([
  ['nothing', undefined, 'another protocol'],
  ['a text', 'welcome', 'another protocol'],
  ['a refusal without a reason', { ok: false }, 'another protocol'],
  ['no version', accepted, 'another protocol'],
  ['an older version', { ...accepted, protocol_version: '1.0' }, 'protocol 1.0'],
])('[VER1] a server that answers a join with %s is refused', async (_, answer, spoken) => {
  await using server = await FakeServer.start((socket) => {
    socket.removeAllListeners('join_session')
    socket.on('join_session', (_payload, ack) => ack?.(answer as never))
  })
  const client = connect(server.url, QUICK)
  const message = `The server speaks ${spoken}, this client 1.3. Install a matching client.`
  const code = 'UNSUPPORTED_SERVER'
  expect(await rejection(client.join('s'))).toMatchObject({ code, message, retryable: false })
  client.close()
})

test('a graph that cannot be read ends the session, and says why', async () => {
  await using server = await FakeServer.start(() => {})
  Object.assign(server.stored, { nodes: [{ id: 'n', children: ['nowhere'], parent_id: null }] })
  const client = connect(server.url, QUICK)
  const error = await rejection(client.join('s'))
  expect(error).toMatchObject({ code: 'INTERNAL_ERROR', cause: expect.any(Error) as Error })
  expect(error.message).toBe('The server sent a graph that this client cannot read')
  client.close()
})

test('an error that answers no call is an event', async () => {
  const error = { code: 'SESSION_NOT_FOUND', message: 'It was deleted', retryable: false } as const
  await using server = await FakeServer.start((socket) => {
    setTimeout(() => socket.emit('error', error), 20)
  })
  const client = connect(server.url)
  const heard = vi.fn<(error: Error) => void>()
  client.on('error', heard)
  client.connect()
  await eventually(() => expect(heard).toHaveBeenCalledTimes(1))
  expect(heard.mock.calls[0]?.[0]).toMatchObject(error)
  client.close()
})

test('a handshake that is refused for now is tried again', async () => {
  let refusals = 2
  await using server = await FakeServer.start(() => {})
  server.io.use((_socket, next) => {
    refusals -= 1
    const data = { code: 'OVERLOADED', message: 'Later', retryable: true }
    next(refusals >= 0 ? Object.assign(new Error('Later'), { data }) : undefined)
  })
  const client = connect(server.url, QUICK)
  await client.join('s')
  expect(refusals).toBeLessThan(0)
  client.close()
})
