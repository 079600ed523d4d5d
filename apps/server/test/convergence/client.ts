import { RawClient, type Received } from '../harness.js'
import { ChangesReplica } from './changes-replica.js'
import { EventsReplica } from './events-replica.js'
import type { Attempt } from './ledger.js'
import type { Outbox } from './outbox.js'
import type { Member } from './script.js'
import type { World } from './world.js'

/** What one connection heard, in order. `life` counts the starts of the server. */
export type Era = { life: number; heard: readonly Received[] }

/** Somebody who takes part. */
export type Client = {
  readonly member: Member
  readonly outbox: Outbox
  readonly isHere: boolean
  /** Comes back and sends again what was not answered. Resolves when it is in, or cut off. */
  come: () => Promise<void>
  /** Is cut off. */
  cut: () => void
}

const ACTIONS = { execute: 'execute_command', undo: 'undo_command', redo: 'redo_command' } as const

/** Somebody with a socket and a replica. */
export class SocketClient implements Client {
  readonly member: Member
  readonly outbox: Outbox
  readonly replica: ChangesReplica | EventsReplica
  readonly eras: Era[] = []
  readonly #world: World
  #raw: RawClient | undefined
  #coming = Promise.resolve()
  #losesNext = false

  constructor(member: Member, world: World, outbox: Outbox) {
    this.member = member
    this.outbox = outbox
    this.#world = world
    const reach = {
      graph: (min_seq: number) => world.graph(min_seq),
      ask: () => void (this.#raw && this.#join(this.#raw)),
      fault: (err: unknown) => world.fault(err),
    }
    const follows = member.stream === 'changes' ? ChangesReplica : EventsReplica
    this.replica = new follows(reach)
  }

  get isHere(): boolean {
    return this.#raw !== undefined
  }

  come(): Promise<void> {
    if (!this.#raw) this.#coming = this.#connect()
    return this.#coming
  }

  async #connect(): Promise<void> {
    const { transports, stream, actor } = this.member
    const session_id = this.#world.session_id
    const auth = stream === 'graph' ? { session_id, ...(actor && { actor }) } : {}
    const url = stream === 'graph' ? `${this.#world.url}/graph` : this.#world.url
    const raw = new RawClient(url, { transports, auth, reconnection: false })
    this.#raw = raw
    this.eras.push({ life: this.#world.life, heard: raw.received })
    raw.socket.onAny((event: string, payload: Received['payload']) => {
      if (event !== 'pong' && this.#raw === raw) this.#hear({ event, payload })
    })
    raw.socket.on('disconnect', () => this.#gone(raw))
    raw.socket.on('connect_error', () => this.#gone(raw))
    await new Promise<void>((resolve) => {
      raw.socket.once('connect', () => {
        this.#enter(raw)
        resolve()
      })
      raw.socket.once('connect_error', () => resolve())
      raw.socket.once('disconnect', () => resolve())
    })
  }

  cut(): void {
    const raw = this.#raw
    if (!raw) return
    if (this.member.rude) terminate(raw)
    raw.socket.disconnect()
    this.#gone(raw)
  }

  /** The next frame does not arrive. Granular events say nothing that would show it. */
  lose(): void {
    this.#losesNext = this.member.stream === 'changes'
  }

  /** Everything that was sent before has arrived, and the replica has done what follows from it. */
  async settled(): Promise<void> {
    const raw = this.#raw
    if (!raw) return
    // A frame that was lost shows when the next one comes: here none may come any more. A pong says
    // nothing of the answer to a join, which may have to read what it tells.
    if (this.member.stream === 'changes') await this.#join(raw)
    await raw.settled().catch(() => undefined)
    await this.replica.settled()
    await raw.settled().catch(() => undefined)
  }

  #enter(raw: RawClient): void {
    if (this.#raw !== raw) return
    if (this.replica instanceof EventsReplica && this.member.stream === 'graph') {
      this.replica.connected()
    }
    if (this.member.stream !== 'graph') void this.#join(raw)
    // What comes after a join need not wait for its answer.
    this.outbox.open((attempt) => this.#transmit(raw, attempt))
  }

  #join(raw: RawClient): Promise<void> {
    const { stream, actor } = this.member
    const place = this.replica instanceof ChangesReplica ? this.replica.place : {}
    const { session_id } = this.#world
    return raw.ask('join_session', { session_id, stream, ...(actor && { actor }), ...place }).then(
      (ack) => {
        if (ack['ok'] !== true) this.#world.fault(new Error(`A join: ${JSON.stringify(ack)}`))
      },
      // Cut off: it joins again when it comes back.
      () => undefined,
    )
  }

  #transmit(raw: RawClient, { request }: Attempt): Promise<unknown> {
    const { verb, ...rest } = request
    if (verb !== 'execute' && verb !== 'undo' && verb !== 'redo') {
      throw new Error(`There is no event for '${verb}'`)
    }
    return raw.ask(ACTIONS[verb], { session_id: this.#world.session_id, ...rest })
  }

  #hear(received: Received): void {
    if (this.#losesNext && received.event === 'session:changes') {
      this.#losesNext = false
      return
    }
    try {
      this.replica.hear(received)
    } catch (err) {
      this.#world.fault(err)
    }
  }

  #gone(raw: RawClient): void {
    if (this.#raw !== raw) return
    this.#raw = undefined
    raw.socket.disconnect()
    this.replica.cutOff()
    this.outbox.close()
  }
}

/** Pulls the cable of a WebSocket; polling has none. */
function terminate(raw: RawClient): void {
  const { transport } = raw.socket.io.engine as unknown as {
    transport?: { ws?: { terminate?: () => void } }
  }
  transport?.ws?.terminate?.()
}
