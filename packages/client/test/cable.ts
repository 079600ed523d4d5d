import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** The wire between a client and a server, which a test can hold still or pull. */
export class Cable {
  readonly #target: URL
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** The ends at the server: what comes from there. */
  readonly #far = new Set<Socket>()
  #state: 'plugged' | 'still' | 'deaf' | 'pulled' = 'plugged'

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((near) => this.#accept(near))
  }

  static async to(url: string): Promise<Cable> {
    const cable = new Cable(url)
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve))
    return cable
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Nothing passes, but nobody notices: what is sent waits. */
  hold(): void {
    this.#state = 'still'
    for (const socket of this.#sockets) socket.pause()
  }

  /** What the client sends passes, what the server answers waits. */
  deafen(): void {
    this.#state = 'deaf'
    for (const socket of this.#far) socket.pause()
  }

  /** Breaks every connection; new ones fail until `plug`. */
  pull(): void {
    this.#state = 'pulled'
    for (const socket of this.#sockets) socket.destroy()
  }

  plug(): void {
    this.#state = 'plugged'
    for (const socket of this.#sockets) socket.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pull()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(near: Socket): void {
    if (this.#state === 'pulled') return void near.destroy()
    const far = connect(Number(this.#target.port), this.#target.hostname)
    this.#far.add(far)
    this.#join(near, far)
    this.#join(far, near)
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('data', (data) => to.write(data))
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      this.#far.delete(from)
      to.destroy()
    })
    const waits = this.#state === 'still' || (this.#state === 'deaf' && this.#far.has(from))
    if (waits) from.pause()
  }
}
