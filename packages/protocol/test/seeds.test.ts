import { describe, expect, test } from 'vitest'
import {
  check,
  CLIENT_EVENTS,
  contractDocument,
  ErrorBody,
  Node,
  GRAPH_EVENTS,
  ROOT_EVENTS,
} from '../src/index.js'
import {
  CLIENT_PROMISED,
  FAILURE_PROMISED,
  GRAPH_PROMISED,
  type Kind,
  NODE_PROMISED,
  type Promised,
  ROOT_PROMISED,
} from './seeds.js'

type Fields = Record<string, unknown>
type Definition = { payload: object; example: unknown }

const WRONG: Record<Kind, unknown[]> = {
  string: [null, 5, {}, []],
  'string|null': [5, {}, []],
  number: [null, '5', {}],
  object: [null, 'text', 5, []],
  array: [null, 'text', {}],
  literal: [null, 5, 'another-event'],
  any: [],
}

const FREE: unknown[] = [null, true, 5, 'text', ['a'], { a: 1 }]

/** Values that the documents allow in a field; nothing when only the example has a right one. */
const RIGHT: Partial<Record<Kind, unknown[]>> = { 'string|null': ['root-uuid', null], any: FREE }

/** How a payload differs from what is promised of its fields; nothing when it keeps the promise. */
function broken({ payload, example }: Definition, fields: Promised['fields']): string[] {
  const accepts = (change: Fields) => check(payload, { ...(example as Fields), ...change }).ok
  return Object.entries(fields).flatMap(([field, kind]) => {
    const { [field]: _, ...without } = example as Fields
    const right = (RIGHT[kind] ?? []).filter((value) => !accepts({ [field]: value }))
    const wrong = WRONG[kind].filter((value) => accepts({ [field]: value }))
    return [
      ...(check(payload, without).ok ? [`${field} may be absent`] : []),
      ...right.map((value) => `${field} may not be ${JSON.stringify(value)}`),
      ...wrong.map((value) => `${field} may be ${JSON.stringify(value)}`),
    ]
  })
}

const definitionOf = (definitions: object, name: string) =>
  (definitions as Record<string, Definition>)[name]

describe.each([
  { source: 'protocol reference, /', promised: ROOT_PROMISED, declared: ROOT_EVENTS },
  { source: 'protocol reference, client', promised: CLIENT_PROMISED, declared: CLIENT_EVENTS },
  { source: 'integration examples, /graph', promised: GRAPH_PROMISED, declared: GRAPH_EVENTS },
])('$source', ({ promised, declared }) => {
  test.each(promised)('$name has its fields, with their types', ({ name, fields }) => {
    const definition = definitionOf(declared, name)
    if (!definition) throw new Error(`${name} is not declared`)
    expect(check(definition.payload, definition.example)).toMatchObject({ ok: true })
    expect(broken(definition, fields)).toEqual([])
  })
})

test.each([CLIENT_EVENTS.ping, ROOT_EVENTS.pong])('$name carries nothing', ({ payload }) => {
  expect(check(payload, undefined)).toMatchObject({ ok: true })
})

test('node-created on / carries the node of the protocol reference', () => {
  const { node } = ROOT_EVENTS['node-created'].example
  expect(broken({ payload: Node, example: node }, NODE_PROMISED)).toEqual([])
})

test('command:failed on / carries the error of the protocol reference', () => {
  const { error } = ROOT_EVENTS['command:failed'].example
  expect(error).toMatchObject({ code: 'INVALID_PARENT', message: 'Parent node not found' })
  expect(broken({ payload: ErrorBody, example: error }, FAILURE_PROMISED)).toEqual([])
})

test('error is sent on /graph too', () => {
  const { server_to_client } = contractDocument().namespaces['/graph']
  expect(server_to_client.error).toEqual(contractDocument().namespaces['/'].server_to_client.error)
})

test('the document samples of / are valid payloads as far as they go', () => {
  const sample = { session_id: '550e8400-...', client_id: 'socket-client-id', active_clients: 2 }
  const { joined } = ROOT_EVENTS
  expect(check(joined.payload, { ...joined.example, ...sample })).toMatchObject({ ok: true })
})
