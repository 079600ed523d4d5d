import { check, GRAPH_EVENTS, ROOT_EVENTS } from '@talus/protocol'
import { expect, test } from 'vitest'
import { testApp, type RawClient, type TestApp } from '../harness.js'
import { TEMPLATES } from '../templates.js'
import {
  GRAPH_ADDED,
  GRAPH_TABLE,
  ROOT_ADDED,
  ROOT_TABLE,
  wrongFields,
  type Fields,
} from './document-events.js'

type Audience = { root: RawClient; graph: RawClient }

/** Does once everything that the documents have an event for, before one listener on each namespace. */
async function audienceOf(app: TestApp): Promise<Audience> {
  const project = { template_id: 'studio', project_name: 'Pilot' }
  const { body } = await app.api('POST', '/projects', project)
  const { project_id, session_id } = body as { project_id: string; session_id: string }
  const root = await (await app.client()).join(session_id)
  const graph = await app.graphClient(session_id)
  root.socket.emit('join_session', {})
  const guest = await (await app.client()).join(session_id)
  for (const [command_type, data] of COMMANDS) await guest.execute(session_id, command_type, data)
  await guest.ask('undo_command', { session_id })
  await guest.ask('redo_command', { session_id })
  await app.api('POST', `/projects/${project_id}/save`)
  await app.api('POST', `/projects/${project_id}/load`, {})
  await guest.ask('leave_session', { session_id })
  await Promise.all([root.settled(), graph.settled()])
  await root.ask('leave_session', { session_id })
  return { root, graph }
}

const phase = { blueprint_type_id: 'phase' }

const COMMANDS: [command_type: string, data: object][] = [
  ['CreateNode', { ...phase, node_id: 'p', name: 'One' }],
  ['CreateNode', { ...phase, node_id: 'q', parent_id: 'p' }],
  ['UpdateProperty', { node_id: 'p', property_id: 'budget', new_value: 5 }],
  ['UpdateProperty', { node_id: 'p', property_id: 'budget', new_value: 6 }],
  ['DeleteProperty', { node_id: 'p', property_id: 'budget' }],
  ['UnlinkNode', { parent_id: 'p', child_id: 'q' }],
  ['LinkNode', { parent_id: 'p', child_id: 'q' }],
  ['LinkNode', { parent_id: 'p', child_id: 'q' }],
  ['DeleteNode', { node_id: 'p' }],
]

/** The payloads of an event; one that never came has none of its fields. */
function seen(client: RawClient, event: string): Record<string, unknown>[] {
  const payloads = client.of(event)
  return payloads.length > 0 ? payloads : [{}]
}

function faults(client: RawClient, table: Record<string, Fields>): string[] {
  return Object.entries(table).flatMap(([event, fields]) =>
    seen(client, event).flatMap((payload) =>
      wrongFields(payload, fields).map((fault) => `${event} ${fault}`),
    ),
  )
}

test('[CMD2] [JOIN3] every event of the protocol document comes with its fields', async () => {
  await using app = await testApp({ templatesDir: TEMPLATES })
  const { root } = await audienceOf(app)
  expect(faults(root, ROOT_TABLE)).toEqual([])
  const misnamed = root.received.filter(
    ({ event, payload }) => 'event' in payload && payload['event'] !== event,
  )
  expect(misnamed).toEqual([])
})

test('[CMD2] [JOIN3] every event of the integration document comes with its fields', async () => {
  await using app = await testApp({ templatesDir: TEMPLATES })
  const { graph } = await audienceOf(app)
  expect(faults(graph, GRAPH_TABLE)).toEqual([])
})

test('[VER1] what is sent is what the contract declares, on both namespaces', async () => {
  await using app = await testApp({ templatesDir: TEMPLATES })
  const { root, graph } = await audienceOf(app)
  const events = { root: ROOT_EVENTS, graph: { ...GRAPH_EVENTS, error: ROOT_EVENTS.error } }
  const invalid = [
    ...root.received.map(({ event, payload }) => ({ event, payload, declared: events.root })),
    ...graph.received.map(({ event, payload }) => ({ event, payload, declared: events.graph })),
  ].flatMap(({ event, payload, declared }) => {
    const known = Object.entries(declared).find(([name]) => name === event)?.[1]
    if (!known) return [`${event} is not declared`]
    const checked = check(known.payload, payload)
    return checked.ok ? [] : [`${event} ${checked.error.message}`]
  })
  expect(invalid).toEqual([])
})

test('[VER1] later versions remove nothing: the contract declares the events of both documents', () => {
  const root = [...Object.keys(ROOT_TABLE), ...ROOT_ADDED]
  expect(Object.keys(ROOT_EVENTS).toSorted()).toEqual(root.toSorted())
  const graph = [...Object.keys(GRAPH_TABLE), ...GRAPH_ADDED]
  expect(Object.keys(GRAPH_EVENTS).toSorted()).toEqual(graph.toSorted())
})

test('[JOIN1] a pong carries nothing', async () => {
  await using app = await testApp()
  for (const client of [await app.client(), await app.graphClient('s')]) {
    const pong = new Promise<unknown[]>((resolve) =>
      client.socket.once('pong', (...args: unknown[]) => resolve(args)),
    )
    client.socket.emit('ping')
    expect(await pong).toEqual([])
  }
})
