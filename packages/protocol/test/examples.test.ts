import type { TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'
import {
  check,
  CLIENT_EVENTS,
  COMMANDS,
  contractDocument,
  GRAPH_EVENTS,
  parseCommand,
  ROOT_EVENTS,
  ROUTES,
} from '../src/index.js'

const server = [
  ...Object.entries(ROOT_EVENTS).map(([key, event]) => ({ where: '/', key, event })),
  ...Object.entries(GRAPH_EVENTS).map(([key, event]) => ({ where: '/graph', key, event })),
]
const client = Object.entries(CLIENT_EVENTS).map(([key, event]) => ({ key, event }))

test.each(Object.entries(COMMANDS))('command %s: the example is valid', (type, command) => {
  expect(command.type).toBe(type)
  expect(parseCommand(type, command.example)).toMatchObject({ ok: true })
})

describe('what the server sends', () => {
  test.each(server)('$where $key: the example is valid', ({ key, event }) => {
    expect(event.name).toBe(key)
    expect(check(event.payload, event.example)).toEqual({ ok: true, value: event.example })
  })

  test.each(server.filter(({ key }) => key !== 'pong'))(
    '$where $key: a receiver accepts fields of a later version',
    ({ event }) => {
      const later = { ...event.example, added_in_1_9: true }
      expect(check(event.payload, later)).toMatchObject({ ok: true })
    },
  )
})

describe('what clients send', () => {
  test.each(client)('$key: the example is valid', ({ key, event }) => {
    expect(event.name).toBe(key)
    expect(check(event.payload, event.example)).toEqual({ ok: true, value: event.example })
  })

  test.each(client.filter(({ key }) => key !== 'ping'))(
    '$key: a field that is not declared is refused',
    ({ event }) => {
      const result = check(event.payload, { ...event.example, sesion_id: 'typo' })
      expect(result).toMatchObject({
        error: {
          code: 'BAD_REQUEST',
          details: [{ path: '/sesion_id', expected: 'to be absent' }],
        },
      })
    },
  )

  test.each([CLIENT_EVENTS.execute_command, CLIENT_EVENTS.preview_command])(
    '$name: its example holds a valid command',
    ({ example }) => {
      expect(parseCommand(example.command_type, example.data)).toMatchObject({ ok: true })
    },
  )
})

describe('answers', () => {
  test.each(Object.entries(COMMANDS))('command %s: the result is valid', (_type, command) => {
    expect(check(command.result, command.example_result)).toMatchObject({ ok: true })
  })

  test.each(client)('$key: the acknowledgement is valid', ({ event }) => {
    expect(check(event.ack, event.example_ack)).toMatchObject({ ok: true })
  })
})

type Part = 'params' | 'query' | 'body' | 'response'
type Route = { [P in Part]?: TSchema | undefined } & { example: { [P in Part]?: unknown } }

const routes = Object.entries<Route>(ROUTES).flatMap(([name, route]) =>
  (['params', 'query', 'body', 'response'] as const).flatMap((part) => {
    const schema = route[part]
    return schema === undefined ? [] : [{ name, part, schema, example: route.example[part] }]
  }),
)

test.each(routes)('$name: the example of its $part is valid', ({ schema, example }) => {
  expect(check(schema, example)).toEqual({ ok: true, value: example })
})

test.each(Object.entries(contractDocument().namespaces))(
  'handshake of %s: the examples are valid',
  (_namespace, { handshake }) => {
    expect(check(handshake.auth, handshake.example)).toMatchObject({ ok: true })
    expect(check(handshake.refusal, handshake.example_refusal)).toMatchObject({ ok: true })
  },
)
