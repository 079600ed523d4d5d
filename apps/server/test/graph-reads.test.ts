import { get } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Node } from '@talus/protocol'
import { expect, test } from 'vitest'
import { quickApp, testApp, type RawClient, type TestApp } from './harness.js'
import { HeldJournal } from './held-journal.js'

const TASK = { blueprint_type_id: 'task' }

async function session(app: TestApp): Promise<RawClient> {
  return (await app.client()).join('s')
}

/** A graph of some thousand nodes: more than one turn of the event loop writes. */
async function largeSession(app: TestApp): Promise<RawClient> {
  const writer = await session(app)
  for (let batch = 0; batch < 5; batch += 1) {
    const commands = Array.from({ length: 800 }, (_, i) => ({
      command_type: 'CreateNode',
      data: {
        ...TASK,
        node_id: `n${batch}-${i}`,
        parent_id: i === 0 ? null : `n${batch}-${i >> 1}`,
      },
    }))
    // A node cannot be its own parent: the second one stands below the first.
    Object.assign(commands[1]?.data ?? {}, { parent_id: `n${batch}-0` })
    const ack = await writer.execute('s', 'Batch', { commands })
    expect(ack.ok).toBe(true)
  }
  return writer
}

const PATHS = ['/graph?session_id=s', '/sessions/s/graph/tree']

/** The bytes as they are sent; `fetch` would unpack them. */
function raw(app: TestApp, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>(
    (resolve, reject) => {
      get(`${app.url}/api/v1${path}`, { headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0, headers: sent } = response
          resolve({ status, headers: sent, bytes: Buffer.concat(chunks) })
        })
      }).on('error', reject)
    },
  )
}

test.each(PATHS)('[READ2] %s names its version, and answers 304 to who has it', async (path) => {
  await using app = await quickApp()
  const writer = await session(app)
  await writer.execute('s', 'CreateNode', TASK)
  const { headers, body } = await app.api('GET', path)
  const tag = headers.get('etag') ?? ''
  expect(tag).toBe(`W/"${String(body.epoch)}:1"`)
  for (const known of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
    const answer = await raw(app, path, { 'if-none-match': known })
    expect([known, answer.status, answer.bytes.length]).toEqual([known, 304, 0])
    expect(answer.headers.etag).toBe(tag)
  }
  expect((await raw(app, path, { 'if-none-match': '"other"' })).status).toBe(200)
  await writer.execute('s', 'CreateNode', TASK)
  const changed = await app.api('GET', path, undefined, { 'if-none-match': tag })
  expect([changed.status, changed.body.seq]).toEqual([200, 2])
})

test('[READ2] a former state has the version that it had then', async () => {
  await using app = await quickApp()
  const writer = await session(app)
  await writer.execute('s', 'CreateNode', TASK)
  const tag = (await app.api('GET', '/graph?session_id=s')).headers.get('etag') ?? ''
  await writer.execute('s', 'CreateNode', TASK)
  const { status } = await raw(app, '/graph?session_id=s&at_seq=1', { 'if-none-match': tag })
  expect(status).toBe(304)
})

test.each(PATHS)('[READ2] %s is compressed where that is worth it', async (path) => {
  await using app = await quickApp()
  await largeSession(app)
  const plain = await raw(app, path, {})
  expect(plain.headers['content-encoding']).toBeUndefined()
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const encoding of ['br', 'gzip'] as const) {
    const packed = await raw(app, path, { 'accept-encoding': encoding })
    expect(packed.headers).toMatchObject({ 'content-encoding': encoding, etag: plain.headers.etag })
    expect(packed.headers.vary).toMatch(/accept-encoding/i)
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 4)
    expect(unpack[encoding](packed.bytes).equals(plain.bytes)).toBe(true)
  }
  const tiny = await raw(app, '/health', { 'accept-encoding': 'br, gzip' })
  expect(tiny.headers['content-encoding']).toBeUndefined()
})

test('[CMD1] a large graph that is sent in pieces is whole, and of one moment', async () => {
  await using app = await quickApp()
  const writer = await largeSession(app)
  const reading = app.api('GET', '/graph?session_id=s')
  const writing = Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      writer.execute('s', 'MoveNode', { node_id: `n0-${700 + i}`, parent_id: null }),
    ),
  )
  const { body } = await reading
  const at = await app.api('GET', `/graph?session_id=s&at_seq=${String(body.seq)}`)
  expect(body).toEqual(at.body)
  expect(body.nodes).toHaveLength(4_000)
  expect(body.roots).toEqual((body.nodes as Node[]).flatMap((n) => (n.parent_id ? [] : n.id)))
  await writing
  // The tree says the same.
  const flat = (await app.api('GET', '/graph?session_id=s')).body.nodes as Node[]
  const tree = (await app.api('GET', '/sessions/s/graph/tree')).body.roots as TreeNode[]
  expect(flattened(tree)).toEqual(flat)
})

type TreeNode = Omit<Node, 'children'> & { children: TreeNode[] }

function flattened(roots: TreeNode[]): Node[] {
  return roots.flatMap((node) => [
    { ...node, children: node.children.map(({ id }) => id) },
    ...flattened(node.children),
  ])
}

test('[READ1] a read with min_seq waits for the commit, and shows it', async () => {
  const held = new HeldJournal()
  await using app = await quickApp({ journal: held.journal })
  const writer = await session(app)
  const arrived = held.hold()
  const ack = writer.execute('s', 'CreateNode', TASK)
  await arrived
  const readings = PATHS.map((path) =>
    app.api('GET', `${path}${path.includes('?') ? '&' : '?'}min_seq=1`),
  )
  // One that does not wait shows what is durable.
  expect((await app.api('GET', '/graph?session_id=s')).body.seq).toBe(0)
  held.release()
  await ack
  for (const { status, body } of await Promise.all(readings)) {
    expect([status, body.seq]).toEqual([200, 1])
  }
})

test('[READ1] after five seconds it says where the session stands', async () => {
  let passed = (): void => undefined
  const fiveSeconds = new Promise<void>((resolve) => {
    passed = resolve
  })
  // Time passes when the test says so, but for whoever waits for something else.
  const after = (ms: number, work: () => void) => {
    if (ms === 5_000) void fiveSeconds.then(work)
  }
  await using app = await quickApp({ after })
  await app.api('POST', '/sessions', { session_id: 's' })
  const reading = app.api('GET', '/graph?session_id=s&min_seq=2')
  passed()
  const { status, body } = await reading
  const details = [{ path: '/min_seq', actual: 2 }]
  const error = { code: 'PRECONDITION_FAILED', message: 'The session is at seq 0', details }
  expect([status, body.error]).toMatchObject([412, error])
})

test('[READ1] who waits in a session that is deleted learns that', async () => {
  await using app = await testApp()
  await app.api('POST', '/sessions', { session_id: 's' })
  const reading = app.api('GET', '/graph?session_id=s&min_seq=1')
  await app.api('DELETE', '/sessions/s')
  const { status, body } = await reading
  expect([status, body.error]).toMatchObject([404, { code: 'SESSION_NOT_FOUND' }])
})
