import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { handOverInTurns } from '../src/broadcast/engine.js'
import { quickApp } from './harness.js'

const SEPARATOR = '\u001e'

/** A polling connection of Socket.IO, request by request. */
async function polling(url: string) {
  const path = `${url}/socket.io/?EIO=4&transport=polling`
  const opened = await (await fetch(path)).text()
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
  const post = async (packets: readonly string[]) => {
    const init = { method: 'POST', body: packets.join(SEPARATOR) }
    return await (await fetch(`${path}&sid=${sid}`, init)).text()
  }
  const read = async () => (await (await fetch(`${path}&sid=${sid}`)).text()).split(SEPARATOR)
  await post(['40'])
  expect(await read()).toEqual([expect.stringMatching(/^40/)])
  return { post, read }
}

test('[LIM31] the packets of one body are handed over in turns, in order, and answered at the end', async () => {
  const http = createServer()
  const io = new Server(http, { transports: ['polling'] })
  /** How many packets there were after each turn. */
  const after: number[] = []
  let packets = 0
  let answered = 0
  io.engine.on('connection', (engine) => {
    handOverInTurns(engine, async (handOver) => {
      do {
        after.push(packets)
        expect(answered).toBe(0)
        await new Promise((resolve) => setImmediate(resolve))
      } while (handOver())
    })
    engine.on('packet', () => (packets += 1))
  })
  const numbers: number[] = []
  io.on('connection', (socket) => socket.on('n', (n: number) => numbers.push(n)))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const client = await polling(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
  packets = 0
  const sent = Array.from({ length: 2_000 }, (_, n) => n)
  const posted = client.post(sent.map((n) => `42["n",${n}]`)).then((text) => {
    answered += 1
    return text
  })
  expect(await posted).toBe('ok')
  expect(numbers).toEqual(sent)
  const steps = after.map((count, n) => count - (after[n - 1] ?? 0))
  expect(Math.max(...steps)).toBeLessThan(100)
  await io.close()
})

test('[LIM31] whoever polls may send thousands of events in one body', async () => {
  await using app = await quickApp()
  const client = await polling(app.url)
  const COUNT = 5_000
  expect(await client.post(Array.from({ length: COUNT }, () => '42["ping"]'))).toBe('ok')
  let pongs = 0
  while (pongs < COUNT)
    pongs += (await client.read()).filter((text) => text === '42["pong"]').length
  expect(pongs).toBe(COUNT)
})

test('[PACKET1] what comes before a packet that cannot be read is handled, also in a long body', async () => {
  await using app = await quickApp()
  const client = await polling(app.url)
  const pings = Array.from({ length: 200 }, () => '42["ping"]')
  expect(await client.post([...pings, '42[', ...pings])).toBe('ok')
  const told = await client.read()
  expect(told.filter((text) => text === '42["pong"]')).toHaveLength(pings.length)
  expect(told.at(-1)).not.toBe('42["pong"]')
})
