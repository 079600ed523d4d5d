import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { capturedLog } from './captured-log.js'
import { RawClient, REDIS } from './harness.js'
import { temporaryDatabase } from './postgres-database.js'
import { launch } from './server-process.js'
import { type Node, startNodes } from './two-nodes.js'

const CREATE = { blueprint_type_id: 'task', name: 'A task' }

type Json = Record<string, unknown>

async function launchNode(database: string) {
  const folder = await mkdtemp(join(tmpdir(), 'talus-node-'))
  const store = ['--database-url', database, '--redis-url', REDIS]
  const process = launch(['--port', '0', '--data-dir', folder, '--log-level', 'warn', ...store])
  const { url } = JSON.parse(await process.greeting) as { url: string }
  const get = async (path: string) => (await fetch(`${url}/api/v1${path}`)).json() as Promise<Json>
  const client = async (actor: string) => {
    const made = await new RawClient(url, { reconnection: false }).connected()
    return made.join('s', { actor: { id: actor }, stream: 'changes' })
  }
  return { process, url, get, client }
}

/** Two servers as processes of their own, with one session. */
async function launchTwo() {
  const database = await temporaryDatabase()
  const [one, other] = [await launchNode(database.url), await launchNode(database.url)]
  await fetch(`${one.url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session_id: 's' }),
  })
  return {
    one,
    other,
    async [Symbol.asyncDispose]() {
      for (const { process } of [one, other]) {
        process.kill('SIGCONT')
        process.kill('SIGKILL')
        await process.ended
      }
      await database.drop()
    },
  }
}

/** Commands without end, each with an id of its own, until told to stop; gives those acknowledged. */
function writing(client: RawClient, name: string) {
  const acknowledged = new Map<string, number>()
  const sent: string[] = []
  let stopped = false
  const done = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const command_id = `${name}-${n}`
      sent.push(command_id)
      const command = { ...CREATE, node_id: command_id }
      const request = { session_id: 's', command_type: 'CreateNode', data: command, command_id }
      const ack = await client.socket
        .timeout(20_000)
        .emitWithAck('execute_command', request)
        .catch(() => undefined)
      if ((ack as Json | undefined)?.ok === true)
        acknowledged.set(command_id, Number((ack as Json).seq))
      else if (!client.socket.connected) return
    }
  })()
  const stop = async () => {
    stopped = true
    await done
  }
  return { acknowledged, sent, stop, done }
}

async function historyOf(node: { get: (path: string) => Promise<Json> }): Promise<string[]> {
  const ids: string[] = []
  for (;;) {
    const page = await node.get(`/sessions/s/changes?after_seq=${ids.length}&limit=500`)
    const entries = page.entries as { seq: number; command_id: string }[]
    for (const { seq, command_id } of entries) {
      expect(seq).toBe(ids.length + 1)
      ids.push(command_id)
    }
    if (entries.length === 0) return ids
  }
}

describe('of two servers', () => {
  test('one that is killed loses nothing that it has acknowledged, and its clients are gone', async () => {
    await using all = await launchTwo()
    const { one, other } = all
    const watcher = await other.client('watcher')
    const [first, second] = [await one.client('ann'), await other.client('bob')]
    await first.ask('update_presence', { session_id: 's', state: { at: 'here' } })
    await watcher.next('presence:changed', ({ state }) => state !== null)
    const [a, b] = [writing(first, 'a'), writing(second, 'b')]
    await expect.poll(() => Math.min(a.acknowledged.size, b.acknowledged.size)).toBeGreaterThan(30)
    const client_id = first.socket.id
    one.process.kill('SIGKILL')
    await a.done
    expect(await watcher.next('session:disconnected')).toMatchObject({
      client_id,
    })
    expect(await watcher.next('presence:changed', ({ state }) => state === null)).toBeDefined()
    // The last command may be durable or not; its client sends it again to whoever is left.
    const back = await other.client('ann')
    for (const command_id of a.sent.slice(-1)) {
      const command = { ...CREATE, node_id: command_id }
      expect(await back.execute('s', 'CreateNode', command, { command_id })).toMatchObject({
        ok: true,
      })
    }
    await b.stop()
    const history = await historyOf(other)
    expect(new Set(history).size).toBe(history.length)
    for (const { acknowledged } of [a, b])
      for (const [id, seq] of acknowledged) expect(history[seq - 1]).toBe(id)
    expect(history).toContain(a.sent.at(-1))
  })

  test('one that was frozen shows and takes nothing old when it wakes', async () => {
    await using all = await launchTwo()
    const { one, other } = all
    const [first, second] = [await one.client('ann'), await other.client('bob')]
    expect(await first.execute('s', 'CreateNode', { ...CREATE, node_id: 'n' })).toMatchObject({
      ok: true,
    })
    one.process.kill('SIGSTOP')
    const asleep = first.execute('s', 'CreateNode', { ...CREATE, node_id: 'taken' })
    const read = one.get('/graph?session_id=s')
    expect(await second.execute('s', 'CreateNode', { ...CREATE, node_id: 'taken' })).toMatchObject({
      ok: true,
      seq: 2,
    })
    expect(await second.execute('s', 'DeleteNode', { node_id: 'n' })).toMatchObject({
      ok: true,
      seq: 3,
    })
    await pause(1_000)
    one.process.kill('SIGCONT')
    expect(await asleep).toMatchObject({ ok: false, error: { code: 'NODE_EXISTS' } })
    expect(await read).toMatchObject({ seq: 3 })
    expect(await historyOf(one)).toHaveLength(3)
  })
})

test('the log says when a service is lost and when it is back, and not each try', async () => {
  const { logger, lines } = capturedLog('warn')
  await using all = await startNodes(1, [], { logger })
  const [node] = all.nodes
  if (!node) throw new Error('A server was started')
  const said = () => lines().flatMap(({ msg }) => (/lost|back/.test(String(msg)) ? [msg] : []))
  const wanted: string[] = []
  for (const [service, name] of [
    [node.redis, 'Redis'],
    [node.postgres, 'the database'],
  ] as const) {
    wanted.push(`${name} is lost; it is tried again`)
    service.cut()
    await expect.poll(said, { timeout: 60_000 }).toEqual(wanted)
    // It is tried several times meanwhile.
    await pause(2_500)
    wanted.push(`${name} is back`)
    service.heal()
    await expect.poll(said, { timeout: 60_000 }).toEqual(wanted)
  }
}, 0)

/** Numbers between 0 and 1 that a seed decides. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const SEEDS = Array.from({ length: Number(process.env['TALUS_FUZZ_SEEDS'] ?? 1) }, (_, i) => i + 1)

describe('three servers, of which now one, now another loses its services', () => {
  test.each(SEEDS)('end with one history and one graph (seed %i)', async (seed) => {
    await using all = await startNodes(3)
    const { nodes } = all
    const chance = random(seed)
    const pick = <T>(items: readonly T[]): T => items[Math.floor(chance() * items.length)] as T
    await nodes[0]?.api('POST', '/sessions', { session_id: 's' })
    const acknowledged = new Map<string, unknown>()
    const write = async (node: Node, name: string) => {
      const client = await (await node.client()).join('s', { actor: { id: name } })
      for (let n = 0; n < 60; n += 1) {
        const command_id = `${name}-${n}`
        const kind = chance()
        const request =
          kind < 0.6
            ? () =>
                client.execute(
                  's',
                  'CreateNode',
                  { ...CREATE, node_id: command_id },
                  { command_id },
                )
            : kind < 0.8
              ? () => client.ask('undo_command', { session_id: 's', command_id })
              : () => client.ask('redo_command', { session_id: 's', command_id })
        const ack = await request()
        // Whoever is told to try again does so, under the same id.
        const { error } = ack as { error?: { code: string } }
        const last = error?.code === 'STORAGE_UNAVAILABLE' ? await request() : ack
        if (last.ok === true && last.seq !== null) acknowledged.set(command_id, last.seq)
      }
    }
    let isOver = false
    const failing = (async () => {
      while (!isOver) {
        const node = pick(nodes)
        const service = chance() < 0.5 ? node.redis : node.postgres
        service[chance() < 0.7 ? 'cut' : 'stall']()
        await pause(20 + chance() * 150)
        service.heal()
        await pause(20 + chance() * 150)
      }
    })()
    await Promise.all(nodes.map((node, i) => write(node, `w${i}`)))
    isOver = true
    await failing
    const graphs = await Promise.all(nodes.map((node) => node.api('GET', '/graph?session_id=s')))
    for (const { status, body } of graphs) {
      expect(status).toBe(200)
      expect(body).toEqual(graphs[0]?.body)
    }
    const [node] = nodes
    const history = await historyOf({
      get: async (path) => (await node?.api('GET', path))?.body ?? {},
    })
    expect(new Set(history).size).toBe(history.length)
    for (const [id, seq] of acknowledged) expect(history[Number(seq) - 1]).toBe(id)
  })
})
