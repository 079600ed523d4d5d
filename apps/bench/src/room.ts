import type { Ack, ClientPayload } from '@talus/protocol'
import { randomUUID } from 'node:crypto'
import { Listener } from './listener.js'
import { Observer } from './observer.js'
import { RawClient } from './raw-client.js'
import { call } from './sizes/http-call.js'

const NODE_ID = 'bench-node'

type Answer = Ack | { ok: true }

/** Makes a token for somebody; absent where nobody has to prove anything. */
export type Passports = (actor_id: string) => string

function expectOk(what: string, answer: unknown): void {
  if (!(answer as Answer).ok) throw new Error(`${what} refused: ${JSON.stringify(answer)}`)
}

/** One session with its clients, and when each command was sent, answered and seen by all. */
export class Room {
  readonly clients: RawClient[]
  readonly sentAt: number[] = []
  readonly ackedAt: number[] = []
  acked = 0
  /** When the last client had the n-th committed command. */
  readonly #seenByAllAt: number[] = []
  readonly #seenBy: number[] = []
  readonly #sessionId: string
  readonly #listeners: Listener[] = []
  readonly #observer = new Observer((id) => this.#valueOf(id))

  private constructor(sessionId: string, clients: RawClient[]) {
    this.#sessionId = sessionId
    this.clients = clients
  }

  /**
   * Connects and joins `members` clients, to the servers in turn, and creates the node that the
   * commands write to.
   */
  static async open(
    urls: readonly string[],
    members: number,
    passports?: Passports,
  ): Promise<Room> {
    const urlOf = (i: number) => urls[i % urls.length] ?? ''
    const clients: RawClient[] = []
    const room = new Room(randomUUID(), clients)
    const join: ClientPayload<'join_session'> = { session_id: room.#sessionId }
    // Everybody in a room is the one who owns its session.
    const token = passports?.(room.#sessionId)
    if (token !== undefined) {
      await call(urlOf(0), { method: 'POST', path: '/sessions', body: JSON.stringify(join), token })
    }
    for (let i = 0; i < members; i++) {
      const client = await RawClient.connect(urlOf(i), token === undefined ? undefined : { token })
      clients.push(client)
      expectOk('join_session', await client.request('join_session', join))
      if (i === 0) await room.#createNode(client)
    }
    return room
  }

  async #createNode(client: RawClient): Promise<void> {
    const create: ClientPayload<'execute_command'> = {
      session_id: this.#sessionId,
      command_type: 'CreateNode',
      data: { blueprint_type_id: 'task', name: 'Bench', node_id: NODE_ID },
    }
    expectOk('CreateNode', await client.request('execute_command', create))
  }

  /** Counts from here on; what joining and creating caused must have arrived. */
  listen(): void {
    const last = this.clients.length - 1
    for (const [i, client] of this.clients.entries()) {
      const listener = new Listener((index, at) => this.#seen(index, at))
      this.#listeners.push(listener)
      client.listen((bytes, start, end, receivedAt) => {
        listener.event(bytes, start, end, receivedAt)
        if (i === last) this.#observer.event(bytes, start, end)
      })
    }
  }

  /** Sends the next command of `writer`, with a value that was never there before. */
  write(writer: number, answered: () => void): void {
    const client = this.clients[writer]
    if (!client) throw new RangeError(`No client ${writer}`)
    const index = this.sentAt.length
    const id = `c-${index}`
    const command: ClientPayload<'execute_command'> = {
      session_id: this.#sessionId,
      command_id: id,
      command_type: 'UpdateProperty',
      data: { node_id: NODE_ID, property_id: `note-${writer}`, new_value: this.#valueOf(id) ?? '' },
    }
    this.sentAt.push(performance.now())
    this.ackedAt.push(Number.NaN)
    client.emit(['execute_command', command], (answer, receivedAt) => {
      expectOk('UpdateProperty', answer)
      this.ackedAt[index] = receivedAt
      this.acked++
      answered()
    })
  }

  /** Whether everybody has received everything that was sent so far. */
  get settled(): boolean {
    const sent = this.sentAt.length
    return this.acked === sent && this.#listeners.every((l) => l.executed >= sent)
  }

  /** When the last client had the command that was sent as number `index`, by that number. */
  seenByAll(): number[] {
    const seen: number[] = []
    for (const [n, id] of this.#observer.committed.entries()) {
      seen[Number(id.slice(2))] = this.#seenByAllAt[n] ?? Number.NaN
    }
    return seen
  }

  /** Throws unless every client got three events of every command, in order, once. */
  verify(): void {
    const sent = this.sentAt.length
    const complaints = [...this.#observer.complaints]
    if (new Set(this.#observer.committed).size !== sent) complaints.push('ids missing or repeated')
    for (const [i, l] of this.#listeners.entries()) {
      const counts = [l.executing, l.changed, l.executed]
      if (counts.some((count) => count !== sent) || l.outOfOrder > 0) {
        complaints.push(`client ${i}: ${counts.join('+')} events, ${l.outOfOrder} out of order`)
      }
    }
    if (complaints.length > 0) {
      throw new Error(`After ${sent} commands: ${complaints.slice(0, 5).join('; ')}`)
    }
  }

  close(): void {
    for (const client of this.clients) client.close()
  }

  #valueOf(commandId: string): string | undefined {
    return `value of ${commandId}`
  }

  #seen(index: number, at: number): void {
    const count = (this.#seenBy[index] ?? 0) + 1
    this.#seenBy[index] = count
    if (count === this.clients.length) this.#seenByAllAt[index] = at
  }
}
