import { createServer, request as ask, type IncomingMessage } from 'node:http'
import { connect as dial, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { connect, rest } from '../src/index.js'
import { TestServer } from './server.js'

/** A proxy that serves a server below `/talus`, and something else beside it. */
async function proxyTo(target: string, { takesOff }: { takesOff: boolean }): Promise<string> {
  const { hostname: host, port } = new URL(target)
  const isOurs = ({ url = '' }: IncomingMessage) => url.startsWith('/talus/')
  const pathOf = ({ url = '' }: IncomingMessage) => (takesOff ? url.slice('/talus'.length) : url)
  const proxy = createServer((incoming, response) => {
    if (!isOurs(incoming)) {
      response.writeHead(404).end('another application')
      return
    }
    const { method, headers } = incoming
    const onward = ask({ host, port, method, path: pathOf(incoming), headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    // The server goes before the proxy does, with a poll still open.
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  proxy.on('upgrade', (incoming: IncomingMessage, near) => {
    if (!isOurs(incoming)) return void near.destroy()
    const far = dial(Number(port), host, () => {
      const headers = Object.entries(incoming.headers).map(
        ([name, value]) => `${name}: ${String(value)}`,
      )
      far.write(`GET ${pathOf(incoming)} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
      far.pipe(near).pipe(far)
    })
    far.on('error', () => near.destroy())
    near.on('error', () => far.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

test.each([
  ['takes the path off', { takesOff: true }, []],
  ['leaves the path', { takesOff: false }, ['--base-path', '/talus']],
])('a server below a path, behind a proxy that %s', async (_, how, options) => {
  const server = await TestServer.start(...options)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const origin = await proxyTo(server.url, how)
  for (const [url, transports] of [
    [`${origin}/talus/`, ['websocket']],
    [`${origin}/talus`, ['polling']],
  ] as const) {
    const client = connect(url, { store: null, transports: [...transports] })
    const session = await client.join('below')
    await session.execute('CreateNode', { blueprint_type_id: 'task' })
    client.close()
  }
  const { nodes } = await rest(`${origin}/talus`).getGraph({ session_id: 'below' })
  expect(nodes).toHaveLength(2)
  // And directly.
  expect((await rest(server.url).getGraph({ session_id: 'below' })).nodes).toHaveLength(2)
})
