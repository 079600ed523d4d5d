import WebSocket from 'ws'
import { exchange } from './http-exchange.js'
import type { Packet } from './packets.js'
import type { Attack } from './web-socket-attack.js'

const SEPARATOR = Buffer.from('\u001e')
/** Every fault of a client has one of these; engine.io knows no others. */
const EXPECTED = new Set([200, 400, 403, 405, 413])

type Asked = { method: 'GET' | 'POST'; query: string; body?: Buffer; type?: string }

/** The body of a success; undefined for everything else. */
async function ask(
  { subject, judge, patience }: Attack,
  { method, query, body, type = 'text/plain;charset=UTF-8' }: Asked,
): Promise<string | undefined> {
  const headers = body ? { 'content-type': type, 'content-length': body.length } : {}
  const outgoing = { method, path: `/socket.io/?${query}`, headers, ...(body ? { body } : {}) }
  // A poll may have nothing to wait for; then it is given up.
  const answer = await exchange(subject, outgoing, patience())
  if (answer.kind !== 'answer') return undefined
  if (!EXPECTED.has(answer.status)) judge.blame(`status ${answer.status} for ${method} ${query}`)
  return answer.status === 200 ? answer.body : undefined
}

/** Packets as a body: each after the other, attachments as base64, some of it not quite right. */
function bodyOf(
  { dealer, packets }: Attack,
  { count, isWild }: { count: number; isWild: boolean },
): Buffer {
  const encoded = ({ kind, bytes }: Packet) =>
    kind === 'text'
      ? bytes
      : Buffer.from(`b${bytes.toString('base64')}${dealer.pick(['', '=', '!'])}`)
  const all = Array.from({ length: count }, () => packets.next(isWild).map(encoded)).flat()
  const separator =
    !isWild || dealer.chance(95) ? SEPARATOR : Buffer.from(dealer.pick(['', '\n', '\u001e\u001e']))
  return Buffer.concat(all.flatMap((part, i) => (i === 0 ? [part] : [separator, part])))
}

async function poll(attack: Attack, sid: string): Promise<void> {
  const body = await ask(attack, {
    method: 'GET',
    query: `EIO=4&transport=polling&sid=${sid}`,
  })
  for (const packet of body?.split('\u001e') ?? []) attack.judge.hear(packet, attack.packets.asked)
}

async function post(attack: Attack, sid: string, body: Buffer): Promise<string | undefined> {
  const type = attack.dealer.chance(97)
    ? undefined
    : attack.dealer.pick(['application/octet-stream', 'x'])
  const query = `EIO=4&transport=polling&sid=${sid}`
  return ask(attack, { method: 'POST', query, body, ...(type === undefined ? {} : { type }) })
}

/** What an orderly client would not do with its sid. */
async function misbehave(attack: Attack, sid: string): Promise<void> {
  const { dealer, subject, judge, packets } = attack
  const known = `EIO=4&transport=polling&sid=${sid}`
  switch (dealer.weighed({ twice: 3, upgrade: 3, unknown: 3, transport: 1, large: 1 })) {
    case 'twice':
      await Promise.all([poll(attack, sid), poll(attack, sid)])
      break
    case 'unknown':
      await ask(attack, {
        method: dealer.pick(['GET', 'POST']),
        query: `EIO=4&transport=polling&sid=${dealer.pick(['none', '__proto__', 'constructor', '', '%00'])}`,
      })
      break
    case 'transport':
      await ask(attack, { method: 'GET', query: known.replace('polling', 'websocket') })
      break
    case 'large':
      await post(attack, sid, Buffer.alloc(1_200_000, '4'))
      break
    case 'upgrade': {
      const url = `${subject.url.replace('http', 'ws')}/socket.io/?${known.replace('polling', 'websocket')}`
      const socket = new WebSocket(url)
      socket.on('error', () => undefined)
      socket.on('message', (data: Buffer) => judge.hear(data.toString(), packets.asked))
      socket.once('open', () => {
        for (const packet of dealer.pick([
          ['5'],
          ['2probe', '5'],
          ['5', '2probe'],
          ['3probe'],
          ['2probe'],
        ])) {
          socket.send(packet)
        }
        for (const { bytes } of packets.next(true)) socket.send(bytes)
      })
      await new Promise((resolve) => setTimeout(resolve, 30))
      socket.terminate()
      break
    }
  }
}

/** The same by polling. */
export async function attackByPolling(attack: Attack, inputs: number): Promise<number> {
  const { dealer, packets } = attack
  const version = dealer.chance(95) ? '4' : dealer.pick(['3', '5', '', '__proto__'])
  const opened = await ask(attack, {
    method: 'GET',
    query: `EIO=${version}&transport=polling`,
  })
  if (opened === undefined) return 1
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
  const isWild = dealer.chance(40)
  if (!isWild || dealer.chance(80)) {
    await post(attack, sid, packets.connect().bytes)
    await poll(attack, sid)
  }
  let sent = 0
  while (sent < inputs) {
    const count = 1 + dealer.below(6)
    sent += count
    const taken = await post(attack, sid, bodyOf(attack, { count, isWild }))
    if (dealer.chance(30)) await poll(attack, sid)
    if (isWild && dealer.chance(10)) await misbehave(attack, sid)
    if (taken === undefined && dealer.chance(90)) break
  }
  // Some go without a word, and have to time out.
  if (dealer.chance(95)) await post(attack, sid, Buffer.from('1'))
  packets.asked.clear()
  return sent
}
