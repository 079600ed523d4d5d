import { REDIS, testApp, type TestApp } from './harness.js'
import { temporaryDatabase } from './postgres-database.js'
import { tcpProxy, type TcpProxy } from './tcp-proxy.js'

/** A server with its ways to PostgreSQL and Redis, which can fail. */
export type Node = TestApp & { postgres: TcpProxy; redis: TcpProxy }

export type Nodes = AsyncDisposable & { nodes: Node[] }

async function through(url: string, scheme: string): Promise<TcpProxy & { url: string }> {
  const service = new URL(url)
  const proxy = await tcpProxy(Number(service.port))
  // The host of a URL of another scheme than HTTP is set as a whole.
  const user = service.username === '' ? '' : `${service.username}@`
  return { ...proxy, url: `${scheme}://${user}127.0.0.1:${proxy.port}${service.pathname}` }
}

/** Several servers of one database, which stop at the end of their scope. */
export async function startNodes(
  count: number,
  args: string[] = [],
  rest: object = {},
): Promise<Nodes> {
  const database = await temporaryDatabase()
  const start = async (): Promise<Node> => {
    const postgres = await through(database.url, 'postgres')
    const redis = await through(REDIS, 'redis')
    const urls = ['--database-url', postgres.url, '--redis-url', redis.url]
    return { ...(await testApp({ args: [...urls, ...args], ...rest })), postgres, redis }
  }
  const nodes: Node[] = []
  for (let i = 0; i < count; i += 1) nodes.push(await start())
  return {
    nodes,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) {
        node.postgres.heal()
        node.redis.heal()
        await node[Symbol.asyncDispose]()
        await node.postgres[Symbol.asyncDispose]()
        await node.redis[Symbol.asyncDispose]()
      }
      await database.drop()
    },
  }
}

/** Two of them. */
export async function twoNodes(args: string[] = [], rest: object = {}) {
  const { nodes, ...all } = await startNodes(2, args, rest)
  const [one, other] = nodes
  if (!one || !other) throw new Error('Two servers were started')
  return { ...all, one, other }
}
