import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '@talus/protocol'
import { io, type Socket } from 'socket.io-client'
import { expect, test } from 'vitest'
import { launch } from './server-process.js'
import { execute, openSession } from './traffic.js'

/** A share for every run; a thousand when asked for. */
const CLIENTS = Number(process.env.TALUS_STORM_CLIENTS ?? 100)

/** A client that joins again by itself, from where it was, and notices every gap. */
class Follower {
  readonly gaps: string[] = []
  readonly socket: Socket
  joins = 0
  last = 0
  #waiting: { seq: number; joins: number; resolve: () => void } | undefined

  constructor(url: string) {
    const pauses = { reconnectionDelay: 100, reconnectionDelayMax: 1_000, timeout: 60_000 }
    this.socket = io(url, { transports: ['websocket'], forceNew: true, ...pauses })
    this.socket.on('connect', () => {
      const from = { stream: 'changes', last_seq: this.last }
      this.socket.emit('join_session', { session_id: 's', ...from })
    })
    this.socket.on('joined', (joined: { seq: number; entries?: Entry[] }) => {
      this.joins += 1
      this.#take(joined.entries ?? [])
      if (joined.seq !== this.last) this.gaps.push(`joined at ${joined.seq}, knows ${this.last}`)
      this.#wake()
    })
    this.socket.on('session:changes', ({ entries }: { entries: Entry[] }) => {
      this.#take(entries)
      this.#wake()
    })
  }

  /** Resolves when it has joined so often and knows everything up to a seq. */
  reaches(seq: number, joins: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { seq, joins, resolve }
      this.#wake()
    })
  }

  #take(entries: readonly Entry[]): void {
    for (const { seq } of entries) {
      if (seq !== this.last + 1) this.gaps.push(`${this.last}, then ${seq}`)
      this.last = seq
    }
  }

  #wake(): void {
    const { seq = Infinity, joins = 0, resolve } = this.#waiting ?? {}
    if (this.last >= seq && this.joins >= joins) resolve?.()
  }
}

async function write(url: string, from: number, count: number): Promise<number> {
  let last = 0
  for (let i = from; i < from + count; i += 1) {
    const ack = await execute(url, `c${i}`)
    if (ack.ok && ack.seq !== null) last = ack.seq
  }
  return last
}

test(
  `[SYNC1] [SYNC2] after a kill, all of ${CLIENTS} clients are back at the right seq, without a gap`,
  { timeout: 180_000 + CLIENTS * 1_000 },
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'talus-storm-'))
    const start = async (port: string) => {
      const server = launch(['--port', port, '--data-dir', dataDir])
      const { url } = JSON.parse(await server.greeting) as { url: string }
      return { server, url }
    }
    const { server, url } = await start('0')
    await openSession(url)
    const followers = Array.from({ length: CLIENTS }, () => new Follower(url))
    const reached = await write(url, 0, 20)
    await Promise.all(followers.map((follower) => follower.reaches(reached, 1)))
    server.kill('SIGKILL')
    await server.ended
    const again = await start(new URL(url).port)
    // They come back while others go on.
    const end = await write(again.url, 20, 20)
    await Promise.all(followers.map((follower) => follower.reaches(end, 2)))
    expect(followers.flatMap(({ gaps }) => gaps)).toEqual([])
    expect(new Set(followers.map(({ last }) => last))).toEqual(new Set([40]))
    for (const { socket } of followers) socket.disconnect()
    await again.server[Symbol.asyncDispose]()
    await rm(dataDir, { recursive: true, force: true })
  },
)
