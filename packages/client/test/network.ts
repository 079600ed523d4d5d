import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What answers in the place of the server. */
export type Stranger = { status: number; body?: string; headers?: Record<string, string> }

/** What becomes of requests to upgrade to WebSocket. */
type Upgrades = 'pass' | 'unanswered' | 'silent' | { status: number }

type Side = 'near' | 'far'

type Pair = { near: Socket; far: Socket }

const HEAD_END = '\r\n\r\n'

const isUpgrade = (head: string) => /^upgrade: *websocket/im.test(head)

function answer({ status, body = '', headers = {} }: Stranger): string {
  const lines = Object.entries({
    'content-type': 'text/html',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${status} Status\r\n${lines.join('\r\n')}${HEAD_END}${body}`
}

/**
 * The network between a client and a server, as bad as a test wants it: a TCP proxy that stalls,
 * slows, cuts, repeats, or answers as somebody else. Settings hold until `mend`; those that are
 * about a connection as a whole hold for the connections that are opened afterwards.
 */
export class Network {
  /** Connections that a client has opened so far. */
  accepted = 0
  /** Bytes that came from the server. */
  received = 0
  /** The first lines of the requests, as far as a connection begins with one. */
  readonly requests: string[] = []
  readonly #target: URL
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  /** Of a pair, one may be closed while the other one is stalled. */
  readonly #sockets = new Set<Socket>()
  /** Stalled for good: the peer is gone, and nobody says so. */
  readonly #abandoned = new Set<Socket>()
  #stalled: ReadonlySet<Side> = new Set()
  #isCut = false
  #rate = Infinity
  #cutAfter = Infinity
  #delay = 0
  #isDoubling = false
  #stranger: { stands: (requestLine: string) => boolean; as: Stranger | 'silence' } | undefined
  #upgrades: Upgrades = 'pass'

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((near) => this.#accept(near))
  }

  static async to(url: string): Promise<Network> {
    const network = new Network(url)
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve))
    return network
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The connections that are open now. */
  get open(): number {
    return this.#pairs.size
  }

  /** Nothing passes and nobody notices: what is sent waits. */
  stall(sides: readonly Side[] = ['near', 'far']): void {
    this.#stalled = new Set(sides)
    this.#flow()
  }

  /** Stalls what is open now, for good; what is opened from now on works. */
  abandon(): void {
    for (const { near, far } of this.#pairs) this.#abandoned.add(near).add(far)
    this.#flow()
  }

  /** Breaks every connection; new ones fail. */
  cut(): void {
    this.#isCut = true
    this.reset()
  }

  /** Breaks every connection; new ones work. */
  reset(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy()
      far.destroy()
    }
  }

  /** Passes on at most so many bytes a second in each direction of each connection. */
  slow(bytesPerSecond: number): void {
    this.#rate = bytesPerSecond
  }

  /** Passes on what came in lumps, each so many milliseconds late, as a proxy that buffers does. */
  lag(ms: number): void {
    this.#delay = ms
  }

  /** Breaks each new connection after so many bytes from the server. */
  cutAfter(bytes: number): void {
    this.#cutAfter = bytes
  }

  /** What a client sends on new connections reaches the server twice, over two connections. */
  double(): void {
    this.#isDoubling = true
  }

  /** Answers in the place of the server, or never; for requests whose first line fits, or all. */
  impersonate(as: Stranger | 'silence', stands: (requestLine: string) => boolean = () => true) {
    this.#stranger = { stands, as }
  }

  /**
   * `unanswered`: upgrades to WebSocket get no answer. `silent`: they succeed, then nothing comes.
   * Or they get this answer of HTTP.
   */
  upgrades(upgrades: Upgrades): void {
    this.#upgrades = upgrades
  }

  /** All is well again, except for what was abandoned. */
  mend(): void {
    this.#isCut = false
    this.#rate = Infinity
    this.#cutAfter = Infinity
    this.#delay = 0
    this.#isDoubling = false
    this.#stranger = undefined
    this.#upgrades = 'pass'
    this.stall([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(near: Socket): void {
    this.accepted += 1
    near.on('error', () => {})
    if (this.#isCut) return void near.resetAndDestroy()
    const far = connect(Number(this.#target.port), this.#target.hostname.replaceAll(/[[\]]/g, ''))
    far.on('error', () => {})
    const pair = { near, far }
    this.#pairs.add(pair)
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#pairs.delete(pair)
        this.#abandoned.delete(socket)
      })
    }
    this.#join(pair)
    this.#flow()
  }

  #join({ near, far }: Pair): void {
    const upgrades = this.#upgrades
    const stranger = this.#stranger
    const cutAfter = this.#cutAfter
    const twin = this.#isDoubling
      ? connect(Number(this.#target.port), this.#target.hostname)
      : undefined
    twin?.on('error', () => {}).resume()
    near.on('close', () => twin?.destroy())
    let isSilent = false
    let down = 0
    const toFar = this.#pipe(near, far)
    const toNear = this.#pipe(far, near)
    near.on('data', (data: Buffer) => {
      if (isSilent) return
      const text = data.toString('latin1')
      const line = /^[A-Z]+ \S+ HTTP\/1\.1(?=\r\n)/.exec(text)?.[0]
      if (line !== undefined) this.requests.push(line)
      if (line !== undefined && stranger?.stands(line)) {
        isSilent = stranger.as === 'silence'
        if (stranger.as !== 'silence') near.end(answer(stranger.as))
        return
      }
      if (line !== undefined && isUpgrade(text) && upgrades !== 'pass') {
        if (typeof upgrades === 'object') return void near.end(answer(upgrades))
        if (upgrades === 'unanswered') isSilent = true
        if (isSilent) return
      }
      twin?.write(data)
      toFar(data)
    })
    far.on('data', (data: Buffer) => {
      this.received += data.length
      if (isSilent) return
      down += data.length
      const head = data.toString('latin1')
      if (upgrades === 'silent' && head.startsWith('HTTP/1.1 101')) {
        isSilent = true
        toNear(data.subarray(0, head.indexOf(HEAD_END) + HEAD_END.length))
      } else if (down > cutAfter) {
        near.write(data.subarray(0, data.length - (down - cutAfter)), () => near.resetAndDestroy())
      } else toNear(data)
    })
  }

  /** Writes in order, with the delay and at the speed that hold when the data comes. */
  #pipe(from: Socket, to: Socket): (data: Buffer) => void {
    let last = Promise.resolve()
    // What is still under way is not lost with the end of the one side.
    from.on('close', () => void last.then(() => (this.#isCut ? to.destroy() : to.end())))
    return (data) => {
      const ms = this.#delay + (data.length / this.#rate) * 1_000
      if (ms === 0) {
        void last.then(() => to.write(data))
        return
      }
      from.pause()
      last = last.then(async () => {
        // In small pieces, as a slow line brings something all the time.
        const pieces = Number.isFinite(this.#rate) ? Math.ceil(data.length / 4_096) : 1
        for (let piece = 0; piece < pieces; piece += 1) {
          await new Promise((resolve) => setTimeout(resolve, ms / pieces))
          to.write(data.subarray(piece * 4_096, pieces === 1 ? undefined : (piece + 1) * 4_096))
        }
        if (!this.#isStalled(from)) from.resume()
      })
    }
  }

  #isStalled(socket: Socket): boolean {
    if (this.#abandoned.has(socket)) return true
    for (const { near, far } of this.#pairs) {
      if (socket === near) return this.#stalled.has('near')
      if (socket === far) return this.#stalled.has('far')
    }
    return false
  }

  #flow(): void {
    for (const socket of [...this.#pairs].flatMap(({ near, far }) => [near, far])) {
      if (this.#isStalled(socket)) socket.pause()
      else socket.resume()
    }
  }
}
