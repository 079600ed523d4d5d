import { expect, test } from 'vitest'
import { attributesOf, openCollector, type ReceivedSpan } from './collector.js'
import { HeldJournal } from './held-journal.js'
import { quickApp } from './harness.js'

const CREATE = { blueprint_type_id: 'task', name: 'hush-8c1f', properties: { a: 'hush-8c1f' } }

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'

const WAY = ['gate', 'plan', 'gather', 'append', 'publish', 'broadcast']

/** Those right below a span, in the order of their beginning. */
function below(spans: ReceivedSpan[], { spanId }: ReceivedSpan): ReceivedSpan[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === spanId)
    .sort((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1))
}

function named(spans: ReceivedSpan[], name: string): ReceivedSpan {
  const [found, more] = spans.filter((span) => span.name === name)
  if (!found || more) {
    const names = spans.map((span) => span.name).join(', ')
    throw new Error(`Not one span ${name}: ${names}`)
  }
  return found
}

test('a request is followed from the trace of its caller to the broadcast', async () => {
  await using collector = await openCollector()
  const app = await quickApp({ args: ['--otlp-endpoint', collector.url] })
  const watcher = await (await app.client()).join('s')
  const command = { command_type: 'CreateNode', data: CREATE, command_id: 'c' }
  await app.api('POST', '/commands/execute', command, {
    'x-session-id': 's',
    traceparent: `00-${TRACE}-${CALLER}-01`,
  })
  await watcher.next('node-created')
  await app[Symbol.asyncDispose]()
  expect(new Set(collector.paths)).toEqual(new Set(['/v1/traces']))
  const spans = collector.spans()
  const request = named(spans, 'POST /api/v1/commands/execute')
  expect([request.traceId, request.parentSpanId]).toEqual([TRACE, CALLER])
  expect(attributesOf(request)).toEqual({
    'http.request.method': 'POST',
    'http.route': '/api/v1/commands/execute',
    'http.response.status_code': 200,
  })
  const [executed] = below(spans, request)
  if (!executed) throw new Error('The command left no span')
  expect([executed.name, executed.traceId]).toEqual(['CreateNode', TRACE])
  expect(attributesOf(executed)).toEqual({
    'talus.door': 'rest',
    'talus.session_id': 's',
    'talus.command_id': 'c',
    'talus.result': 'ok',
    'talus.seq': 1,
  })
  const steps = below(spans, executed)
  expect(steps.map(({ name }) => name)).toEqual(WAY)
  for (const [i, step] of steps.entries()) {
    expect(step.startTimeUnixNano).toBe(steps[i - 1]?.endTimeUnixNano ?? executed.startTimeUnixNano)
  }
  expect(steps.at(-1)?.endTimeUnixNano).toBe(executed.endTimeUnixNano)
  expect(collector.text()).not.toContain('hush-8c1f')
})

test('commands of sockets begin traces of their own, by namespace', async () => {
  await using collector = await openCollector()
  const app = await quickApp({ args: ['--otlp-endpoint', collector.url] })
  const root = await (await app.client()).join('s')
  const graph = await app.graphClient('s')
  await root.execute('s', 'CreateNode', CREATE)
  await graph.ask('undo_command', {})
  await root.execute('s', 'DeleteNode', { node_id: 'gone' })
  await app[Symbol.asyncDispose]()
  const spans = collector.spans()
  const [made, undone, refused] = ['CreateNode', 'undo', 'DeleteNode'].map((name) =>
    named(spans, name),
  ) as [ReceivedSpan, ReceivedSpan, ReceivedSpan]
  for (const span of [made, undone]) {
    expect(span.parentSpanId).toBeUndefined()
    expect(below(spans, span).map(({ name }) => name)).toEqual(WAY)
  }
  expect(new Set([made.traceId, undone.traceId, refused.traceId]).size).toBe(3)
  expect(attributesOf(made)['talus.door']).toBe('/')
  expect(attributesOf(undone)['talus.door']).toBe('/graph')
  // A refusal is no fault.
  expect(attributesOf(refused)['talus.result']).toBe('NODE_NOT_FOUND')
  expect(refused.status.code ?? 0).toBe(0)
})

test('a fault of the server is marked as one', async () => {
  await using collector = await openCollector()
  const held = new HeldJournal()
  const args = ['--otlp-endpoint', collector.url]
  const app = await quickApp({ args, journal: held.journal })
  const client = await (await app.client()).join('s')
  held.fail()
  await client.execute('s', 'CreateNode', CREATE)
  await app[Symbol.asyncDispose]()
  const failed = named(collector.spans(), 'CreateNode')
  expect(failed.status.code).toBe(2)
  expect(attributesOf(failed)['talus.result']).toBe('STORAGE_UNAVAILABLE')
})

test('a share of nothing traces nothing, except what its caller traces', async () => {
  await using collector = await openCollector()
  const app = await quickApp({ args: ['--otlp-endpoint', collector.url, '--trace-ratio', '0'] })
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', CREATE)
  await app.api('GET', '/sessions')
  await app.api('GET', '/health', undefined, { traceparent: `00-${TRACE}-${CALLER}-01` })
  await app.api('GET', '/ready', undefined, { traceparent: `00-${TRACE}-${CALLER}-00` })
  await app[Symbol.asyncDispose]()
  expect(collector.spans().map(({ name }) => name)).toEqual(['GET /api/v1/health'])
})

test('a collector that is not there disturbs nobody', async () => {
  await using app = await quickApp({ args: ['--otlp-endpoint', 'http://127.0.0.1:9'] })
  const client = await (await app.client()).join('s')
  expect(await client.execute('s', 'CreateNode', CREATE)).toMatchObject({ ok: true, seq: 1 })
  expect((await app.api('GET', '/ready')).status).toBe(200)
})
