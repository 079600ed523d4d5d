import { describe, expect, test } from 'vitest'
import {
  check,
  CLIENT_EVENTS,
  COMMANDS,
  GRAPH_EVENTS,
  parseCommand,
  ROOT_EVENTS,
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
