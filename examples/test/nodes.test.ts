import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { connect } from '@talus/client'
import { answers, hasRedis, PostgresServer, runSql, startRedis } from '@talus/services'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { isWithoutPython, PYTHON } from './python-tools.js'
import { startServer } from './server.js'

/** Nodes that each client creates. */
const EACH = 10

/** Creates nodes on `/`, waits until it has seen those of all clients, and tells their order. */
const PROGRAM = `
import asyncio, json, sys, socketio

async def main(url, each):
    socket, seen, complete = socketio.AsyncClient(), [], asyncio.Event()
    def on_created(event):
        seen.append(event['node']['id'])
        if len(seen) == 3 * each:
            complete.set()
    socket.on('node-created', on_created)
    await socket.connect(url)
    await socket.call('join_session', {'session_id': 'shared'})
    print('joined', file=sys.stderr, flush=True)
    for n in range(each):
        data = {'blueprint_type_id': 'task', 'node_id': f'python-{n}'}
        request = {'session_id': 'shared', 'command_type': 'CreateNode', 'data': data}
        assert (await socket.call('execute_command', request))['ok']
    await complete.wait()
    print(json.dumps(seen))
    await socket.disconnect()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
`

const nameOf = (prefix: string) => Array.from({ length: EACH }, (_, n) => `${prefix}-${n}`)

async function graphAt(url: string): Promise<{ seq: number; nodes: { id: string }[] }> {
  const response = await fetch(`${url}/api/v1/graph?session_id=shared`)
  return JSON.parse(await response.text()) as { seq: number; nodes: { id: string }[] }
}

async function services() {
  const local = process.env['TALUS_TEST_POSTGRES'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  const postgres = (await answers(local)) ? undefined : await PostgresServer.create()
  const known = process.env['TALUS_TEST_REDIS'] ?? 'redis://127.0.0.1:6379'
  const redis = (await hasRedis(known)) ? undefined : await startRedis()
  const name = `talus_examples_${randomUUID().slice(0, 8)}`
  const admin = postgres?.url ?? local
  await runSql(admin, `create database ${name}`)
  const url = new URL(admin)
  url.pathname = `/${name}`
  return {
    args: ['--database-url', url.href, '--redis-url', redis?.url ?? known],
    async stop() {
      await runSql(admin, `drop database ${name} with (force)`)
      await postgres?.[Symbol.asyncDispose]()
      await redis?.[Symbol.asyncDispose]()
    },
  }
}

test.skipIf(isWithoutPython())(
  'the SDK, a client of /graph and one in Python, each on another server, edit one session',
  async () => {
    const shared = await services()
    const first = await startServer(shared.args)
    const others = await Promise.all([startServer(shared.args), startServer(shared.args)])
    const servers = [first, ...others] as const
    const client = connect(servers[0].url, { actor: { id: 'sdk' } })
    const session = await client.join('shared')
    const graph = io(`${servers[1].url}/graph`, { auth: { session_id: 'shared' } })
    const seen: string[] = []
    graph.on('graph:node-created', ({ node_id }: { node_id: string }) => seen.push(node_id))
    await once(graph as unknown as NodeJS.EventEmitter, 'session:connected')
    try {
      const program = promisify(execFile)(PYTHON, ['-c', PROGRAM, servers[2].url, `${EACH}`])
      await once(program.child.stderr as NodeJS.EventEmitter, 'data')
      const create = (node_id: string) => ({
        command_type: 'CreateNode' as const,
        data: { blueprint_type_id: 'task', node_id },
      })
      const byGraph = async () => {
        for (const id of nameOf('graph')) await graph.emitWithAck('execute_command', create(id))
      }
      const bySdk = async () => {
        for (const id of nameOf('sdk')) await session.execute('CreateNode', create(id).data)
      }
      await Promise.all([byGraph(), bySdk()])
      const { stdout } = await program
      await expect.poll(() => [seen.length, session.graph.roots().length]).toEqual([30, 30])
      const graphs = await Promise.all(servers.map(({ url }) => graphAt(url)))
      const order = graphs[0]?.nodes.map(({ id }) => id)
      expect(new Set(order)).toEqual(new Set(['sdk', 'graph', 'python'].flatMap(nameOf)))
      expect(graphs.map(({ seq }) => seq)).toEqual([30, 30, 30])
      for (const { nodes } of graphs) expect(nodes).toEqual(graphs[0]?.nodes)
      expect(session.graph.roots()).toEqual(order)
      expect(seen).toEqual(order)
      expect(JSON.parse(stdout)).toEqual(order)
    } finally {
      graph.disconnect()
      client.close()
      await Promise.all(servers.map((server) => server.stop()))
      await shared.stop()
    }
  },
)
