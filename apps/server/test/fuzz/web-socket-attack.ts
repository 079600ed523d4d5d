import { connect, type Socket } from 'node:net'
import WebSocket from 'ws'
import type { Dealer } from '../convergence/dealer.js'
import type { Judge } from './judge.js'
import type { Packet, PacketGrammar } from './packets.js'
import type { Subject } from './subject.js'

/** Who attacks what with which words, and how long an answer is waited for that may not come. */
export type Attack = {
  subject: Subject
  dealer: Dealer
  packets: PacketGrammar
  judge: Judge
  patience: () => Promise<void>
}

const QUERIES = [
  ...Array<string>(90).fill('EIO=4&transport=websocket'),
  'EIO=3&transport=websocket',
  'EIO=5&transport=websocket',
  'transport=websocket',
  'EIO=4&transport=unknown',
  'EIO=4&transport=__proto__',
  'EIO=4&transport=constructor',
  'EIO=4&transport=websocket&sid=none',
  'EIO=4&transport=websocket&sid=__proto__',
  'EIO=4&EIO=3&transport=websocket&transport=polling',
  'EIO=4&transport=websocket&b64=1&j=__proto__',
]

/** A frame of RFC 6455 whose parts need not fit together. */
function oddFrame(dealer: Dealer): Buffer {
  const payload = Buffer.alloc(dealer.below(140), dealer.pick(['4', '\u0000', '\u00ff', '2']))
  const flags = dealer.pick([0x80, 0x80, 0x00, 0xc0, 0x90, 0xf0])
  const opcode = dealer.pick([0, 1, 2, 3, 7, 8, 9, 10, 11, 15])
  const masked = dealer.chance(80) ? 0x80 : 0
  const declared = dealer.pick([payload.length, payload.length, 126, 127, 0])
  const extended =
    declared === 126
      ? dealer.pick([Buffer.from([0, payload.length]), Buffer.from([0xff, 0xff])])
      : declared === 127
        ? dealer.pick([Buffer.alloc(8, 0xff), Buffer.from([0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])])
        : Buffer.alloc(0)
  const mask = masked === 0 ? Buffer.alloc(0) : Buffer.alloc(4)
  const head = Buffer.from([flags | opcode, masked | Math.min(declared, 127)])
  return Buffer.concat([head, extended, mask, payload])
}

/** Control frames, fragments and nonsense between the packets. */
function disturb(socket: WebSocket, tcp: Socket, dealer: Dealer): void {
  const kind = dealer.weighed({ ping: 3, fragment: 4, odd: 3, noise: 1, long: 1 })
  switch (kind) {
    case 'ping':
      socket.ping(Buffer.alloc(dealer.below(125)))
      break
    case 'fragment':
      socket.send('42["pi', { fin: false })
      socket.send('ng"]', { fin: dealer.chance(80) })
      break
    case 'odd':
      tcp.write(oddFrame(dealer))
      break
    case 'noise':
      tcp.write(Buffer.from(Array.from({ length: 20 }, () => dealer.below(256))))
      break
    case 'long':
      // Close to what the server takes, and beyond it.
      socket.send('x'.repeat(dealer.pick([900_000, 1_000_001])))
      break
    default:
      kind satisfies never
  }
}

function write(socket: WebSocket, { kind, bytes }: Packet): void {
  socket.send(bytes, { binary: kind === 'binary' })
}

function leave(socket: WebSocket, tcp: Socket, dealer: Dealer): void {
  const kind = dealer.weighed({ reset: 4, close: 3, code: 2 })
  switch (kind) {
    case 'reset':
      tcp.destroy()
      break
    case 'close':
      socket.close()
      break
    case 'code':
      socket.close(dealer.pick([1000, 1001, 1002, 1011, 3000, 4999]), 'x'.repeat(dealer.below(120)))
      break
    default:
      kind satisfies never
  }
}

/** One connection that sends so many packets, if it may; resolves with how many when it is over. */
export async function attackByWebSocket(attack: Attack, inputs: number): Promise<number> {
  const { subject, dealer, packets, judge, patience } = attack
  const { host, port } = subject
  const tcp = connect({ host, port }).setNoDelay(true)
  tcp.on('error', () => undefined)
  const socket = new WebSocket(`ws://${host}:${port}/socket.io/?${dealer.pick(QUERIES)}`, {
    createConnection: (() => tcp) as unknown as typeof connect,
    perMessageDeflate: false,
  })
  const gone = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => undefined)
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) judge.hear(data.toString(), packets.asked)
  })
  const opened = new Promise((resolve) => socket.once('open', resolve))
  await Promise.race([opened, gone, subject.ended])
  const isOpen = () => socket.readyState === WebSocket.OPEN
  const isWild = dealer.chance(35)
  if (isOpen() && (!isWild || dealer.chance(80))) {
    write(socket, packets.connect())
    const heard = new Promise((resolve) => socket.once('message', resolve))
    await Promise.race([heard, gone, patience()])
  }
  /** What was sent so far has been read when the server answers a ping of the WebSocket. */
  const answered = async () => {
    socket.ping()
    const answer = new Promise((resolve) => socket.once('pong', resolve))
    await Promise.race([answer, gone, patience()])
  }
  let sent = 0
  for (; sent < inputs && isOpen(); sent += 1) {
    if (isWild && dealer.chance(5)) disturb(socket, tcp, dealer)
    else for (const packet of packets.next(isWild)) write(socket, packet)
    if (sent % 8 === 7) await answered()
  }
  if (isOpen()) await answered()
  if (isOpen()) leave(socket, tcp, dealer)
  await Promise.race([gone, patience()])
  packets.asked.clear()
  socket.terminate()
  tcp.destroy()
  return Math.max(sent, 1)
}
