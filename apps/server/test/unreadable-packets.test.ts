import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { capturedLog } from './captured-log.js'
import { quickApp, type TestApp } from './harness.js'
import { scrapeOf } from './scrape.js'

const create = (id: number) =>
  `42${id}["execute_command",{"session_id":"s","command_id":"c${id}","command_type":"CreateNode","data":{"blueprint_type_id":"t"}}]`

/** A client that speaks the protocol by hand. */
async function rawClient(app: TestApp) {
  const socket = new WebSocket(
    `${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
  )
  const texts: string[] = []
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  const joined = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      texts.push(text)
      if (text.startsWith('0')) socket.send('40{}')
      if (text.startsWith('40')) socket.send('42["join_session",{"session_id":"s"}]')
      if (text.startsWith('42["joined"')) resolve()
    })
  })
  await joined
  const answered = () => texts.filter((text) => text.startsWith('43')).length
  const errors = () => texts.filter((text) => text.startsWith('42["error"'))
  return { socket, closed, answered, errors }
}

describe('[PACKET1] a packet that cannot be read', () => {
  test.each([
    ['NaN, as Python writes it', ['421["execute_command",{"session_id":"s","x":NaN}]'], 1007],
    ['JSON that ends too early', ['42["execute_command",{"session_id":'], 1007],
    ['nothing at all', ['4'], 1007],
    ['no list', ['42{"a":1}'], 1007],
    ['no name of an event', ['42[]'], 1007],
    ['a reserved name', ['42["disconnect"]'], 1007],
    ['a packet type that there is not', ['49["x"]'], 1007],
    ['binary data that nobody announced', [Buffer.from([1, 2, 3])], 1007],
    [
      'text in place of an attachment',
      ['451-["execute_command",{"_placeholder":true,"num":0}]', '42["x"]'],
      1007,
    ],
    [
      'an attachment that is not there',
      ['451-["execute_command",{"_placeholder":true,"num":7}]', Buffer.from([1])],
      1007,
    ],
    ['more attachments than anybody sends', ['45999-["execute_command"]'], 1007],
    ['a namespace that was not entered', ['42/graph,["execute_command",{}]'], 1002],
    ['a namespace that was entered before', ['40{}'], 1002],
    ['a refusal, which only servers send', ['44{"message":"no"}'], 1002],
    ['what is no packet of Engine.IO', ['x'], 1002],
    ['a ping, which only servers send', ['2'], 1002],
  ])('%s: answers first, then a reason, in metrics and log', async (_what, frames, code) => {
    const log = capturedLog('warn')
    await using app = await quickApp({ logger: log.logger })
    const { socket, closed, answered, errors } = await rawClient(app)
    for (let id = 1; id <= 10; id += 1) socket.send(create(id))
    for (const frame of frames) socket.send(frame)
    socket.send(create(11))
    const { code: told, reason } = await closed
    expect([told, reason]).toEqual([code, expect.stringContaining('cannot be read: ')])
    expect(answered()).toBe(10)
    expect(errors()).toEqual([expect.stringContaining('"code":"BAD_REQUEST"')])
    expect((await scrapeOf(app)).value('talus_evictions_total', { reason: 'unreadable' })).toBe(1)
    const [line] = log.lines().filter(({ reason: why }) => why === 'unreadable')
    expect(line).toMatchObject({ address: '127.0.0.1', what: expect.any(String) })
    expect((await app.api('GET', '/graph?session_id=s')).body).toMatchObject({ seq: 10 })
  })

  test.each([
    [
      'text that is not UTF-8',
      0x81,
      Buffer.from([0x34, 0x32, 0xed, 0xa0, 0xbd]),
      1007,
      'unreadable',
    ],
    ['a frame that WebSocket does not have', 0x83, Buffer.from('x'), 1002, 'unreadable'],
    ['a message that is too long', 0x81, Buffer.alloc(1_200_000, 0x20), 1009, 'message-size'],
  ])('%s: answers first, then the code', async (_what, first, bytes, code, reason) => {
    await using app = await quickApp()
    const { socket, closed, answered } = await rawClient(app)
    for (let id = 1; id <= 10; id += 1) socket.send(create(id))
    const length = Buffer.alloc(9)
    length[0] = 0x80 | 127
    length.writeBigUInt64BE(BigInt(bytes.length), 1)
    const mask = Buffer.alloc(4)
    const tcp = (socket as unknown as { _socket: Socket })._socket
    tcp.write(Buffer.concat([Buffer.from([first]), length, mask, bytes]))
    expect((await closed).code).toBe(code)
    expect(answered()).toBe(10)
    expect((await scrapeOf(app)).value('talus_evictions_total', { reason })).toBe(1)
  })

  test('over polling: answers first, then the reason as an event', async () => {
    await using app = await quickApp()
    const url = `${app.url}/socket.io/?EIO=4&transport=polling`
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { sid: string }
    const post = (body: string) => fetch(`${url}&sid=${sid}`, { method: 'POST', body })
    await post('40{}')
    const join = '42["join_session",{"session_id":"s"}]'
    const nan = '42["update_presence",{"session_id":"s","state":NaN}]'
    await post([join, create(1), create(2), nan].join('\x1e'))
    let text = ''
    for (let answer = await fetch(`${url}&sid=${sid}`); answer.ok;) {
      text += `\x1e${await answer.text()}`
      answer = await fetch(`${url}&sid=${sid}`)
    }
    const packets = text.split('\x1e')
    const places = ['431[', '432[', '42["error"'].map((begin) =>
      packets.findIndex((packet) => packet.startsWith(begin)),
    )
    expect(places.every((place) => place > 0)).toBe(true)
    expect(places.at(-1)).toBe(Math.max(...places))
    expect((await scrapeOf(app)).value('talus_evictions_total', { reason: 'unreadable' })).toBe(1)
  })

  test('before a namespace was entered: the connection ends with the reason', async () => {
    await using app = await quickApp()
    const socket = new WebSocket(
      `${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
    )
    socket.once('message', () => socket.send(create(1)))
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
    expect([code, String(reason)]).toEqual([1002, expect.stringContaining('not entered')])
  })
})
