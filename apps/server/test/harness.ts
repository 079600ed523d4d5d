import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { buildApp, type App } from '../src/app.js'
import type { Replacements } from '../src/wiring.js'
import { readConfig } from '../src/config/config.js'
import { createMemoryJournal } from '../src/journal/index.js'
import { balancer } from './balancer.js'
import { databaseOf } from './postgres-database.js'

/** Where the tests keep their data: in the data folder, or in a PostgreSQL database for each of those. */
const IS_POSTGRES = process.env.TALUS_TEST_STORE !== undefined

/** Whether two servers of one database share the clients by chance. */
const ARE_TWO = process.env.TALUS_TEST_STORE === 'nodes'

export const REDIS = process.env.TALUS_TEST_REDIS ?? ''

/** A received event: its name and its payload. */
export type Received = { event: string; payload: Record<string, unknown> }

type Options = Partial<ManagerOptions & SocketOptions>

/** A plain Socket.IO client that keeps everything it receives, in order. */
export class RawClient {
  readonly socket: Socket
  readonly received: Received[] = []
  #wake: (() => void)[] = []

  constructor(url: string, options: Options) {
    this.socket = io(url, { transports: ['websocket'], forceNew: true, ...options })
    this.socket.onAny((event: string, payload: Record<string, unknown>) => {
      // `settled` asks for one each time; it says nothing of the session.
      if (event === 'pong') return
      this.received.push({ event, payload })
      const wake = this.#wake
      this.#wake = []
      for (const resolve of wake) resolve()
    })
  }

  async connected(): Promise<this> {
    if (this.socket.connected) return this
    await new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve)
      this.socket.once('connect_error', reject)
    })
    return this
  }

  /** Payloads of one event so far. */
  of(event: string): Record<string, unknown>[] {
    return this.received.filter((r) => r.event === event).map((r) => r.payload)
  }

  /** Names of everything received so far. */
  names(): string[] {
    return this.received.map((r) => r.event)
  }

  /** Resolves with the first payload of the event that fits, past or future. */
  async next(
    event: string,
    fits: (payload: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.received.find((r) => r.event === event && fits(r.payload ?? {}))
      if (found) return found.payload
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }

  /** Forgets what was received. */
  clear(): void {
    this.received.length = 0
  }

  /** Emits and waits for the acknowledgement. */
  ask(event: string, payload: unknown): Promise<Record<string, unknown>> {
    return this.socket.emitWithAck(event, payload) as Promise<Record<string, unknown>>
  }

  /** Executes a command and gives its acknowledgement. */
  execute(
    session_id: string,
    command_type: string,
    data: unknown,
    rest: object = {},
  ): Promise<Record<string, unknown>> {
    return this.ask('execute_command', { session_id, command_type, data, ...rest })
  }

  async join(session_id: string, rest: object = {}): Promise<this> {
    await this.ask('join_session', { session_id, ...rest })
    return this
  }

  /** All that the server sent before this moment has arrived when it resolves. */
  async settled(): Promise<void> {
    await this.socket.emitWithAck('ping')
    // What comes by way of another server is there when nothing comes any more.
    for (let before = -1; ARE_TWO && before !== this.received.length;) {
      before = this.received.length
      await pause(150)
      await this.socket.emitWithAck('ping')
    }
  }
}

export type TestApp = App & {
  url: string
  dataDir: string
  /** A client on `/`. */
  client: (options?: Options) => Promise<RawClient>
  /** A client on `/graph`. */
  graphClient: (session_id: string, options?: Options) => Promise<RawClient>
  /** REST below `/api/v1`. */
  api: (method: string, path: string, body?: unknown, headers?: object) => Promise<RestAnswer>
  /** Stops the server and starts another on the same data. */
  restart: () => Promise<TestApp>
  [Symbol.asyncDispose]: () => Promise<void>
}

export type RestAnswer = { status: number; body: Record<string, unknown>; headers: Headers }

async function request(
  url: string,
  method: string,
  body: unknown,
  headers: object,
): Promise<RestAnswer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const parsed = (await response.json()) as Record<string, unknown>
  return { status: response.status, body: parsed, headers: response.headers }
}

type TestOptions = Replacements & { templatesDir?: string; dataDir?: string; args?: string[] }

/** The real server on a free port, with a data folder of its own, closed at the end of its scope. */
export async function testApp(options: TestOptions = {}): Promise<TestApp> {
  const { templatesDir, dataDir: given, args = [], ...replacements } = options
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'talus-test-')))
  const templates = templatesDir === undefined ? [] : ['--templates-dir', templatesDir]
  const database = IS_POSTGRES && !options.journal ? await databaseOf(dataDir) : undefined
  const redis = ARE_TWO ? ['--redis-url', REDIS] : []
  const store = database ? ['--database-url', database.url, ...redis] : []
  const config = readConfig(
    ['--port', '0', '--data-dir', dataDir, ...store, ...templates, ...args],
    {},
  )
  if (!config.ok) throw new Error(config.error.message)
  const logger = pino({ level: process.env.TALUS_TEST_LOG ?? 'silent' })
  const build = () => buildApp(config.value, { logger, ...replacements })
  const app = await build()
  const other = database && ARE_TWO ? await build() : undefined
  const own = await app.listen()
  const spread = other && (await balancer([own, await other.listen()]))
  const url = spread?.url ?? own
  const clients: RawClient[] = []
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    for (const client of clients) client.socket.disconnect()
    await Promise.all([app.close(), other?.close()])
    await spread?.[Symbol.asyncDispose]()
  }
  const connect = (to: string, extra: Options) => {
    const client = new RawClient(to, extra)
    clients.push(client)
    return client.connected()
  }
  return {
    ...app,
    url,
    dataDir,
    client: (extra = {}) => connect(url, extra),
    graphClient: (session_id, extra = {}) =>
      connect(`${url}/graph`, { auth: { session_id }, ...extra }),
    api: (method, path, body, headers = {}) =>
      request(`${url}/api/v1${path}`, method, body, headers),
    async restart() {
      await stop()
      return testApp({ ...options, dataDir })
    },
    async [Symbol.asyncDispose]() {
      await stop()
      if (given !== undefined) return
      await rm(dataDir, { recursive: true, force: true })
      await database?.drop()
    },
  }
}

/** The same server over a journal in memory: starts at once, for tests that need no disk. */
export function quickApp(options: TestOptions = {}): Promise<TestApp> {
  return testApp({ ...(IS_POSTGRES ? {} : { journal: createMemoryJournal() }), ...options })
}
