import { Parser } from '@asyncapi/parser'
import { CLIENT_EVENTS, GRAPH_EVENTS, ROOT_EVENTS } from '@talus/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { committed, parsed } from './spec-files.js'

type Message = { name: string; payload?: { $ref: string }; examples?: { payload: unknown }[] }
type Operation = { action: string; messages: { $ref: string }[]; reply?: object }
type AsyncApi = {
  channels: Record<string, { address: string; messages: Record<string, Message> }>
  operations: Record<string, Operation>
  components: { schemas: Record<string, object> }
}

const document = parsed<AsyncApi>('asyncapi.json')

const HANDSHAKE = ['connect', 'connect_error']
const ROOT_ONLY = ['authenticate', 'join_session', 'leave_session']
const client = Object.keys(CLIENT_EVENTS)
const SENT = {
  root: [...HANDSHAKE, ...client, ...Object.keys(ROOT_EVENTS)],
  graph: [
    ...HANDSHAKE,
    ...client.filter((name) => !ROOT_ONLY.includes(name)),
    ...Object.keys(GRAPH_EVENTS),
    'error',
    'pong',
  ],
}

describe('its own parser', () => {
  let found: { severity: number; message: string }[]

  beforeAll(async () => {
    const { diagnostics } = await new Parser().parse(committed.get('asyncapi.json') ?? '')
    found = diagnostics
  })

  test('finds no error and no warning', () => {
    const WARNING = 1
    expect(found.filter(({ severity }) => severity <= WARNING)).toEqual([])
  })
})

describe.each(['root', 'graph'] as const)('channel %s', (id) => {
  const messages = Object.values(document.channels[id]?.messages ?? {})
  const names = messages.map(({ name }) => name).filter((name) => !name.endsWith(' ack'))

  test('has every message of its namespace, once', () => {
    expect(names.toSorted()).toEqual(SENT[id].toSorted())
  })

  test('every message has an example, unless it carries nothing', () => {
    const bare = messages.filter(({ examples }) => examples === undefined)
    expect(bare.map(({ name }) => name).toSorted()).toEqual(['ping', 'pong'])
  })

  const carrying = messages.filter(({ payload }) => payload !== undefined)

  test.each(carrying)('$name: the example fits its schema', ({ payload, examples }) => {
    const { components } = document
    const validate = new Ajv2020({ strict: false }).compile({ components, ...payload })
    for (const example of examples ?? []) {
      expect([validate(example.payload), validate.errors]).toEqual([true, null])
    }
  })
})

test('every event that takes an acknowledgement has a reply', () => {
  const replies = Object.entries(document.operations).filter(([, { reply }]) => reply)
  const answered = client.filter((name) => name !== 'ping')
  const onGraph = answered.filter((name) => !ROOT_ONLY.includes(name))
  expect(replies).toHaveLength(answered.length + onGraph.length)
  expect(replies.every(([, { action }]) => action === 'receive')).toBe(true)
})

/** Places of schemas that a generator would have to make up a name for. */
function unnamed(place: string, schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if (Array.isArray(schema)) return schema.flatMap((each, at) => unnamed(`${place}/${at}`, each))
  const { type, title, anyOf, properties } = schema as Record<string, unknown>
  const isType = type === 'object' || anyOf !== undefined
  const inside = [
    ...Object.entries((properties ?? {}) as object),
    ...Object.entries({ anyOf, items: (schema as { items?: unknown }).items }),
  ].flatMap(([key, each]) => unnamed(`${place}/${key}`, each))
  return isType && title === undefined ? [place, ...inside] : inside
}

test('every schema that becomes a type has a title', () => {
  const { schemas } = document.components
  expect(Object.entries(schemas).flatMap(([name, schema]) => unnamed(name, schema))).toEqual([])
  for (const schema of Object.values(schemas)) expect(schema).toHaveProperty('title')
})
