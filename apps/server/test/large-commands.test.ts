import type { Change, Entry, GraphState } from '@talus/protocol'
import { expect, test } from 'vitest'
import { encodePublication } from '../src/broadcast/events.js'
import { MAX_MESSAGE_BYTES, ROOT_ENCODER } from '../src/broadcast/packets.js'
import { quickApp, type RawClient, type TestApp } from './harness.js'

const LEAVES = 4_000

/** A node 'top' with so many nodes below it, made by one batch. */
async function grown(client: RawClient): Promise<void> {
  const commands: object[] = [
    { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: 'top' } },
  ]
  for (let n = 0; n < LEAVES; n += 1) {
    const data = { blueprint_type_id: 't', node_id: `n${n}`, parent_id: 'top', name: `leaf ${n}` }
    commands.push({ command_type: 'CreateNode', data })
  }
  expect(await client.execute('s', 'Batch', { commands })).toMatchObject({ ok: true, seq: 1 })
}

async function graphOf(app: TestApp): Promise<GraphState> {
  const { body } = await app.api('GET', '/graph?session_id=s')
  return body as unknown as GraphState
}

test('[CMD1] readers see no part of what is done in turns, and commands keep their order', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  await grown(client)
  const deletion = client.execute('s', 'DeleteNode', { node_id: 'top' })
  const behind = client.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: 'late' })
  const reads = Array.from({ length: 4 }, () => graphOf(app))
  const undo = client.ask('undo_command', { session_id: 's', target_command_id: 'unknown' })
  expect(await deletion).toMatchObject({ ok: true, seq: 2 })
  expect(await behind).toMatchObject({ ok: true, seq: 3 })
  expect(await undo).toMatchObject({ ok: false, error: { code: 'NOTHING_TO_UNDO' } })
  const sizes = new Map([
    [1, LEAVES + 1],
    [2, 0],
    [3, 1],
  ])
  const read = await Promise.all(reads)
  for (const { seq, nodes } of read) expect(nodes.length).toBe(sizes.get(seq))
})

test('[UNDO1] deletion, undo and redo of thousands lead back and forth', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  await grown(client)
  const before = await graphOf(app)
  const { result } = await client.execute('s', 'DeleteNode', { node_id: 'top' })
  expect((result as { deleted_ids: string[] }).deleted_ids).toHaveLength(LEAVES + 1)
  for (let turn = 0; turn < 2; turn += 1) {
    const undone = await client.ask('undo_command', { session_id: 's' })
    expect(undone).toMatchObject({ ok: true, undo: { status: 'applied', skipped: [] } })
    expect((await graphOf(app)).nodes).toEqual(before.nodes)
    const redone = await client.ask('redo_command', { session_id: 's' })
    expect(redone).toMatchObject({ ok: true, undo: { status: 'applied', skipped: [] } })
    expect((await graphOf(app)).nodes).toEqual([])
  }
})

test('[CMD7] previews of thousands leave the graph alone and see what came before them', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  await grown(client)
  const request = { session_id: 's', command_type: 'DeleteNode', data: { node_id: 'top' } }
  const created = client.execute('s', 'CreateNode', { blueprint_type_id: 't', parent_id: 'top' })
  const preview = await client.ask('preview_command', { ...request, command_id: 'p' })
  expect(await created).toMatchObject({ ok: true, seq: 2 })
  expect(preview).toMatchObject({ ok: true, seq: 2 })
  expect((preview as { changes?: unknown[] }).changes).toHaveLength(LEAVES + 2)
  expect((await graphOf(app)).nodes).toHaveLength(LEAVES + 2)
  const missing = { ...request, data: { node_id: 'nobody' }, command_id: 'p' }
  expect(await client.ask('preview_command', missing)).toMatchObject({
    ok: false,
    command_id: 'p',
    error: { code: 'NODE_NOT_FOUND' },
  })
})

test('[CMD2] everybody is told of thousands in the order of the commits', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  const replica = await (await app.client()).join('s', { stream: 'changes' })
  await grown(client)
  const undone = client.ask('undo_command', { session_id: 's' })
  const created = client.execute('s', 'CreateNode', { blueprint_type_id: 't', node_id: 'after' })
  await Promise.all([undone, created])
  await Promise.all([client.settled(), replica.settled()])
  const seqs = client.received.flatMap(({ payload: { seq } }) =>
    typeof seq === 'number' ? seq : [],
  )
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  expect(seqs.at(-1)).toBe(3)
})

/** What `/` is told of a deletion of nodes with these ids. */
function toldOfDeletion(deleted_ids: string[]): [event: string, payload: { result?: unknown }][] {
  const [blueprint_type_id, timestamp] = ['t', '2026-01-01T00:00:00.000Z']
  const changes = deleted_ids.map((id): Change => {
    const rest = { name: '', parent_id: null, children: [], properties: {}, created_at: timestamp }
    return {
      type: 'node-removed',
      node: { id, blueprint_type_id, ...rest },
      parent_id: null,
      index: 0,
    }
  })
  const [actor, kind] = [{ id: 'ann' }, 'do'] as const
  const named = { seq: 1, command_id: 'c', actor, command_type: 'Batch', kind, timestamp }
  const entry: Entry = { ...named, changes, result: { deleted_ids } }
  const about = { project_id: null, template_id: null, template_digest: null, rules: null }
  const packets = encodePublication(
    { session_id: 's', epoch: 'e', seq: 1, ...about },
    ROOT_ENCODER,
    {
      kind: 'committed',
      entry,
      body: JSON.stringify(entry),
      announced: true,
    },
  )
  for (const packet of packets) expect(Buffer.byteLength(packet)).toBeLessThan(MAX_MESSAGE_BYTES)
  return packets.map((packet) => JSON.parse(packet.slice(1)) as [string, { result?: unknown }])
}

test('[SYNC4] a result that is larger than a message may be is left out of what the room is told', () => {
  const ids = (count: number, text: string) =>
    Array.from({ length: count }, (_, n) => `${text.repeat(30)}${n}`)
  const small = ids(1_000, 'x')
  expect(toldOfDeletion(small).at(-1)).toMatchObject([
    'command:executed',
    { result: { deleted_ids: small } },
  ])
  // Of the last, the characters would fit and the bytes do not.
  for (const large of [ids(100_000, 'x'), ids(20_000, 'é')]) {
    expect(toldOfDeletion(large)).toMatchObject([
      ['resync:required', { seq: 1 }],
      ['command:executed', { seq: 1, result: null }],
    ])
  }
})

/** Time stands still: what is refused does not depend on how quick the machine is. */
const elapsed = () => 0

test('[LIM13] undo and redo are charged with what they write, and refused while too much was written', async () => {
  await using app = await quickApp({ elapsed, args: ['--write-rate-per-session', '1000:3000000'] })
  const client = await (await app.client()).join('s')
  await grown(client)
  let answer = await client.execute('s', 'DeleteNode', { node_id: 'top' })
  let taken = 0
  for (; answer.ok && taken < 50; taken += 1) {
    answer = await client.ask(taken % 2 ? 'redo_command' : 'undo_command', { session_id: 's' })
  }
  expect(taken).toBeLessThan(20)
  expect(answer).toMatchObject({
    error: {
      code: 'RATE_LIMITED',
      details: [
        { expected: 'at most 1,000 bytes written for a session a second, 3,000,000 at once' },
      ],
      retry_after_ms: expect.any(Number),
    },
  })
  // Others have sessions of their own.
  const other = await (await app.client()).join('other')
  expect(await other.execute('other', 'CreateNode', { blueprint_type_id: 't' })).toMatchObject({
    ok: true,
  })
})

test('[SYNC4] a preview that is larger than a message is refused over sockets and whole by REST', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  await grown(client)
  const note = 'x'.repeat(1_000)
  for (let from = 0; from < LEAVES; from += 800) {
    const commands = Array.from({ length: 800 }, (_, n) => ({
      command_type: 'UpdateProperty',
      data: { node_id: `n${from + n}`, property_id: 'note', new_value: note },
    }))
    expect(await client.execute('s', 'Batch', { commands })).toMatchObject({ ok: true })
  }
  const request = { session_id: 's', command_type: 'DeleteNode', data: { node_id: 'top' } }
  for (const each of [client, await app.graphClient('s')]) {
    expect(await each.ask('preview_command', request)).toMatchObject({
      ok: false,
      error: { code: 'LIMIT_EXCEEDED', details: [{ hint: expect.stringContaining('POST') }] },
    })
  }
  const { status, body } = await app.api('POST', '/commands/preview', request)
  expect([status, body.ok, (body.changes as unknown[]).length]).toEqual([200, true, LEAVES + 1])
  const small = { ...request, data: { node_id: 'n0' } }
  const [bySocket, byRest] = [
    await client.ask('preview_command', small),
    await app.api('POST', '/commands/preview', small),
  ]
  expect(byRest.body).toEqual(bySocket)
})

test('[LIM13] the time of plans is charged, that of previews too', async () => {
  await using app = await quickApp({ elapsed, args: ['--plan-rate-per-session', '1:1'] })
  const client = await (await app.client()).join('s')
  await grown(client)
  const preview = { session_id: 's', command_type: 'DeleteNode', data: { node_id: 'top' } }
  expect(await client.ask('preview_command', preview)).toMatchObject({
    ok: false,
    error: { code: 'RATE_LIMITED' },
  })
})

test('[IDEM3] many payloads that want one id are tried one after the other', async () => {
  await using app = await quickApp()
  const client = await (await app.client()).join('s')
  const tried = Array.from({ length: 500 }, (_, n) =>
    client.execute('s', 'DeleteNode', { node_id: `nobody${n}` }, { command_id: 'one' }),
  )
  const created = client.execute(
    's',
    'CreateNode',
    { blueprint_type_id: 't' },
    { command_id: 'one' },
  )
  const late = client.execute('s', 'DeleteNode', { node_id: 'nobody' }, { command_id: 'one' })
  for (const answer of await Promise.all(tried)) {
    expect(answer).toMatchObject({ ok: false, error: { code: 'NODE_NOT_FOUND' } })
  }
  expect(await created).toMatchObject({ ok: true, seq: 1 })
  expect(await late).toMatchObject({ ok: false, error: { code: 'COMMAND_ID_REUSED' } })
})
