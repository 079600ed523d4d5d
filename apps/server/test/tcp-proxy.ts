import { createServer, connect, type Socket } from 'node:net'

export type TcpProxy = AsyncDisposable & {
  port: number
  /** Ends all connections, and those to come as soon as they are there. */
  cut: () => void
  /** Lets nothing through any more, in either direction, and ends nothing. */
  stall: () => void
  /** Lets what is asked pass, but no answer: the connection ends instead. `times`: so many answers. */
  swallowAnswers: (times: number) => void
  /** Everything passes again. */
  heal: () => void
}

/** A proxy between a client and a service on this machine, which can fail like a network does. */
export async function tcpProxy(to: number): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>()
  let state: 'sound' | 'cut' | 'stalled' = 'sound'
  let swallow = 0
  const end = ([one, other]: [Socket, Socket]) => {
    one.destroy()
    other.destroy()
  }
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        pairs.delete(pair)
        end(pair)
      })
    }
    near.on('data', (data) => far.write(data))
    far.on('data', (data) => {
      if (swallow > 0) {
        swallow -= 1
        end(pair)
      } else near.write(data)
    })
    if (state === 'cut') end(pair)
    if (state === 'stalled') for (const socket of pair) socket.pause()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut() {
      state = 'cut'
      for (const pair of pairs) end(pair)
    },
    stall() {
      state = 'stalled'
      for (const pair of pairs) for (const socket of pair) socket.pause()
    },
    swallowAnswers(times) {
      swallow = times
    },
    heal() {
      state = 'sound'
      swallow = 0
      for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) end(pair)
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
