import { CLIENT_EVENTS, COMMANDS } from '@talus/protocol'
import type { Dealer } from '../convergence/dealer.js'
import { HOSTILE_NAMES, hostileValue, spoiled } from './hostile-json.js'
import { mutated } from './mutation.js'

type ClientEventName = keyof typeof CLIENT_EVENTS

/** One packet of Engine.IO: a text that may be no valid UTF-8, or an attachment. */
export type Packet = { kind: 'text' | 'binary'; bytes: Buffer }

const EVENTS = Object.keys(CLIENT_EVENTS) as ClientEventName[]
const NAMESPACES = [
  '',
  '',
  '',
  '/graph,',
  '/graph,',
  '/,',
  '/nowhere,',
  '/__proto__,',
  '/graph?a=1,',
  '/',
]
const ENGINE = ['4', '0', '1', '2', '3', '5', '6', '7', '2probe', '3probe', '', 'b', '44', '9']
const COUNTS = [
  '0',
  '1',
  '2',
  '10',
  '999',
  '1000000000',
  '99999999999999999999',
  '-1',
  '1e9',
  'x',
  '',
]
const ODD = [
  '2',
  '2[]',
  '2{}',
  '2[{}]',
  '2[null]',
  '2[17]',
  '2[["ping"]]',
  '2"ping"',
  '2["__proto__"]',
  '2["constructor",{}]',
  '2["disconnect"]',
  '2["disconnecting"]',
  '2["connect"]',
  '2["newListener"]',
  '2["error"]',
  '3',
  '3[]',
  '30[]',
  '3999999["x"]',
  '3-1[{}]',
  '399999999999999999999[1]',
  '4{"message":"x"}',
  '4',
  '1/nowhere,',
  '1/graph,',
  '1{}',
  '5-[]',
  '50-["ping"]',
  '61-7[{"_placeholder":true,"num":0}]',
  '7',
  '00',
  '0[]',
  '0null',
  '0{"session_id":"s"}',
  '2["ping",undefined]',
  '2["ping",NaN]',
  "2['ping']",
  '2["ping"',
]

/** Writes packets that a client of this server could have meant, and what nobody means. */
export class PacketGrammar {
  /** What was asked under which id, where the packet was sent as it was written. */
  readonly asked = new Map<number, ClientEventName>()
  readonly #dealer: Dealer
  readonly #sessions: readonly string[]
  readonly #handshakes: readonly object[]
  #id = 0
  /** Where an orderly client is: Socket.IO hangs up on what is for elsewhere. */
  #entered = ''

  constructor(
    dealer: Dealer,
    { sessions, handshakes }: { sessions: readonly string[]; handshakes: readonly object[] },
  ) {
    this.#dealer = dealer
    this.#sessions = sessions
    this.#handshakes = handshakes
  }

  /** An orderly handshake, mostly of the namespace that takes everybody. */
  connect(): Packet {
    this.#entered = this.#dealer.pick(['', '', '/graph,'])
    const auth = { session_id: this.#dealer.pick(this.#sessions), ...this.#auth() }
    return text(`40${this.#entered}${JSON.stringify(auth)}`)
  }

  /**
   * The next packets: one, or one with its attachments. `wild` ones may be nothing that a parser
   * takes, which ends their connection.
   */
  next(wild: boolean): Packet[] {
    const dealer = this.#dealer
    if (!wild) return [text(`4${this.#event(true)}`)]
    const kind = dealer.weighed({
      event: 40,
      mutant: 30,
      binary: 10,
      handshake: 6,
      odd: 8,
      engine: 6,
    })
    switch (kind) {
      case 'event':
        return [text(`4${this.#event(true)}`)]
      case 'mutant':
        return this.#mutant()
      case 'binary':
        return this.#binary()
      case 'handshake':
        return [
          text(
            `40${dealer.pick(NAMESPACES)}${spoiled(dealer, { session_id: 's', ...this.#auth() })}`,
          ),
        ]
      case 'odd':
        return [text(`4${dealer.pick(ODD)}`)]
      case 'engine':
        return [text(dealer.pick(ENGINE) + (dealer.chance(50) ? hostileValue(dealer) : ''))]
      default:
        return kind satisfies never
    }
  }

  #auth(): object {
    return this.#dealer.pick(this.#handshakes)
  }

  #payload(name: ClientEventName): string {
    const { example } = CLIENT_EVENTS[name]
    const session_id = this.#dealer.pick(this.#sessions)
    const command = this.#dealer.pick(Object.values(COMMANDS))
    const isCommand = name === 'execute_command' || name === 'preview_command'
    const specific = isCommand ? { command_type: command.type, data: command.example } : {}
    const payload = { ...example, session_id, ...specific }
    return this.#dealer.chance(40) ? JSON.stringify(payload) : spoiled(this.#dealer, payload)
  }

  #event(known: boolean): string {
    const dealer = this.#dealer
    const name = dealer.pick(EVENTS)
    this.#id += 1
    // A mutated id must not become that of another packet.
    const id = (known ? 100_000_000 : 700_000_000) + this.#id
    const nsp = dealer.chance(known ? 99 : 80) ? this.#entered : dealer.pick(NAMESPACES)
    const asksBack = dealer.chance(70)
    if (known && asksBack) this.asked.set(id, name)
    const payload = dealer.chance(90) ? this.#payload(name) : hostileValue(dealer)
    const more = dealer.chance(5) ? `,${hostileValue(dealer)}` : ''
    return `2${nsp}${asksBack ? id : ''}["${name}",${payload}${more}]`
  }

  #mutant(): Packet[] {
    const bytes = mutated(this.#dealer, Buffer.from(`4${this.#event(false)}`))
    return [{ kind: 'text', bytes }]
  }

  /** An event that announces attachments; they may be more, fewer or other ones than it says. */
  #binary(): Packet[] {
    const dealer = this.#dealer
    const count = dealer.pick(COUNTS)
    const name = dealer.pick([...EVENTS, ...HOSTILE_NAMES])
    const holder = `{"_placeholder":true,"num":${dealer.pick(['0', '0', '1', '-1', '1e9', '"0"', 'null'])}}`
    const payload = dealer.pick([
      holder,
      `{"session_id":${holder}}`,
      `{"session_id":"s","data":[${holder},${holder}]}`,
    ])
    const head = text(
      `4${dealer.pick(['5', '5', '6'])}${count}-${dealer.pick(NAMESPACES)}${dealer.pick(['', '1', '-1'])}[${JSON.stringify(name)},${payload}]`,
    )
    const attachments = Array.from({ length: dealer.below(4) }, (): Packet => {
      const bytes = Buffer.alloc(dealer.below(300), dealer.below(256))
      return { kind: 'binary', bytes }
    })
    return [head, ...attachments]
  }
}

function text(content: string): Packet {
  return { kind: 'text', bytes: Buffer.from(content) }
}
