import { randomUUID } from 'node:crypto'
import type { RawClient } from '../raw-client.js'
import type { ServerProcess } from '../server-process.js'
import { connectMember } from './membership.js'
import { quiet } from './quiet.js'
import { sendAll, type Request } from './requests.js'
import type { Follower } from './sdk-follower.js'
import type { StreamSample } from './stream-findings.js'

export const FOLLOWERS = 4

/** How the changes of a session reach those who follow it. */
export type Way = {
  title: string
  server: ServerProcess
  stream: 'events' | 'changes'
  follow: (place: { url: string; session_id: string }, onApplied: () => void) => Promise<Follower>
}

export type Amount = { count: number; inFlight: number }

/** A session with one writer, who is sent what all are sent, and so many followers. */
class Followed {
  readonly server: ServerProcess
  readonly session_id = randomUUID()
  readonly followers: Follower[] = []
  readonly #node_id = randomUUID()
  #writer: RawClient | undefined
  #written = 0
  #bytes = 0
  #applied = 0
  #awaited = { count: 0, reached: () => {} }

  constructor(server: ServerProcess) {
    this.server = server
  }

  /** Counts from here on. */
  async open({ stream, follow }: Way, followers: number): Promise<void> {
    const { session_id } = this
    const place = { url: this.server.url, session_id }
    this.#writer = await connectMember(place.url, { session_id, stream })
    const data = { blueprint_type_id: 'task', name: 'Bench', node_id: this.#node_id }
    const create = { session_id, command_type: 'CreateNode', data }
    await sendAll(this.#writer, [['execute_command', create]], 1)
    for (let i = 0; i < followers; i++) {
      this.followers.push(await follow(place, () => this.#count()))
    }
    this.#writer.listen((_, start, end) => {
      this.#bytes += end - start
    })
  }

  /** Writes, until every follower has applied all of it. Costs of each write, in the units of a sample. */
  async write({ count, inFlight }: Amount) {
    if (!this.#writer) throw new Error('Not open')
    await quiet(this.server)
    const requests = Array.from({ length: count }, () => this.#update())
    const before = { bytes: this.#bytes, server: this.server.cpu(), own: process.cpuUsage() }
    const startedAt = performance.now()
    await Promise.all([sendAll(this.#writer, requests, inFlight), this.#appliedAll(count)])
    const time = performance.now() - startedAt
    const { user, system } = process.cpuUsage(before.own)
    const server = ((this.server.cpu() - before.server) * 1e6) / count
    const bytes = (this.#bytes - before.bytes) / count
    return { bytes, server, client: (user + system) / count, time: (time * 1000) / count }
  }

  close(): void {
    this.#writer?.close()
    for (const follower of this.followers) follower.close()
  }

  #update(): Request {
    const new_value = `value ${this.#written++}`
    const data = { node_id: this.#node_id, property_id: 'note', new_value }
    const { session_id } = this
    return ['execute_command', { session_id, command_type: 'UpdateProperty', data }]
  }

  #count(): void {
    if (++this.#applied === this.#awaited.count) this.#awaited.reached()
  }

  #appliedAll(count: number): Promise<void> {
    if (this.followers.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#awaited = { count: this.#applied + count * this.followers.length, reached: resolve }
    })
  }
}

/** One way with followers, and without, to tell what following costs. */
export class WayUnderTest {
  readonly way: Way
  readonly #followed: Followed
  readonly #alone: Followed

  private constructor(way: Way) {
    this.way = way
    this.#followed = new Followed(way.server)
    this.#alone = new Followed(way.server)
  }

  static async open(way: Way): Promise<WayUnderTest> {
    const opened = new WayUnderTest(way)
    await opened.#followed.open(way, FOLLOWERS)
    await opened.#alone.open(way, 0)
    return opened
  }

  async sample(amount: Amount): Promise<StreamSample> {
    const alone = await this.#alone.write(amount)
    const followed = await this.#followed.write(amount)
    return { ...followed, client: (followed.client - alone.client) / FOLLOWERS }
  }

  close(): void {
    this.#followed.close()
    this.#alone.close()
  }
}
