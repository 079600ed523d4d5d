import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Network } from './network.js'

async function origin(body: string): Promise<AsyncDisposable & { url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Over a connection of its own. */
const get = (url: string) => fetch(url, { headers: { connection: 'close' } })

test('what passes is what was sent, at any speed', async () => {
  const body = 'x'.repeat(200_000)
  await using server = await origin(body)
  await using network = await Network.to(server.url)
  expect(await (await get(network.url)).text()).toBe(body)
  network.slow(2_000_000)
  const began = performance.now()
  expect(await (await get(network.url)).text()).toBe(body)
  expect(performance.now() - began).toBeGreaterThan(90)
  network.mend()
  network.lag(50)
  expect(await (await get(network.url)).text()).toBe(body)
  expect(network.requests).toEqual(Array(3).fill('GET / HTTP/1.1'))
})

test('a cut is an error, at once or after some bytes; mended, all is well', async () => {
  await using server = await origin('x'.repeat(200_000))
  await using network = await Network.to(server.url)
  network.cutAfter(100_000)
  await expect(get(network.url).then((response) => response.text())).rejects.toThrow(TypeError)
  network.cut()
  await expect(get(network.url)).rejects.toThrow('fetch failed')
  network.mend()
  expect((await get(network.url)).status).toBe(200)
})

test('strangers answer for the server, or nobody does', async () => {
  await using server = await origin('it is me')
  await using network = await Network.to(server.url)
  network.impersonate({ status: 502, body: '<html>Bad Gateway</html>' }, (line) =>
    line.includes('/api'),
  )
  expect(await (await get(`${network.url}/api`)).text()).toBe('<html>Bad Gateway</html>')
  expect(await (await get(network.url)).text()).toBe('it is me')
  network.impersonate('silence')
  const asking = fetch(network.url, { signal: AbortSignal.timeout(200) })
  await expect(asking).rejects.toThrow('timeout')
  expect(server.asked).toEqual(['/'])
})

test('a stall is told to nobody; what is abandoned stays so', async () => {
  await using server = await origin('it is me')
  await using network = await Network.to(server.url)
  network.stall()
  const asking = get(network.url)
  const first = await Promise.race([asking, new Promise((resolve) => setTimeout(resolve, 100, 0))])
  expect(first).toBe(0)
  network.mend()
  expect(await (await asking).text()).toBe('it is me')
  network.stall()
  const lost = get(network.url)
  lost.catch(() => {})
  await expect.poll(() => network.accepted).toBe(2)
  network.abandon()
  network.mend()
  expect((await get(network.url)).status).toBe(200)
  expect(server.asked).toHaveLength(2)
})

test('what is doubled comes twice and is answered once', async () => {
  await using server = await origin('it is me')
  await using network = await Network.to(server.url)
  network.double()
  expect(await (await get(`${network.url}/twice`)).text()).toBe('it is me')
  await expect.poll(() => server.asked).toEqual(['/twice', '/twice'])
})
