import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'

type Options = {
  /** Whether requests of one polling session stay where it began, as polling needs it. */
  isSticky?: boolean
  /** Between questions whether each server is ready, in milliseconds; absent: nobody asks. */
  checkMs?: number
}

/** The session of Engine.IO that a request belongs to. */
const SID = /[?&]sid=([^&]+)/

type Balancer = AsyncDisposable & { url: string }

/**
 * Hands each request, and each WebSocket, to one of the servers by chance, and those that are not
 * sticky in turns; a server that cannot be reached, or is not ready, gets none.
 */
export async function balancer(
  urls: readonly string[],
  { isSticky = true, checkMs }: Options = {},
): Promise<Balancer> {
  const targets = urls.map((url) => new URL(url))
  const polling = new Map<string, URL>()
  const unready = new Set<URL>()
  const check = async (target: URL) => {
    const { ok = false } =
      (await fetch(`${target.origin}/api/v1/ready`).catch(() => undefined)) ?? {}
    if (ok) unready.delete(target)
    else unready.add(target)
  }
  const checks =
    checkMs === undefined ? undefined : setInterval(() => void targets.map(check), checkMs)
  let turn = 0
  const choose = ({ url = '' }: IncomingMessage): URL => {
    const [, sid = ''] = SID.exec(url) ?? []
    const ready = targets.filter((target) => !unready.has(target))
    const place = isSticky ? Math.floor(Math.random() * ready.length) : (turn += 1) % ready.length
    const known = isSticky ? polling.get(sid) : undefined
    return known ?? ready[place] ?? targets[0] ?? new URL('http://127.0.0.1')
  }

  function forward(from: IncomingMessage, to: ServerResponse): void {
    const target = choose(from)
    const begins = from.url?.includes('/socket.io/') === true && !SID.test(from.url)
    const { method, headers, url: path } = from
    const onward = request(
      { hostname: target.hostname, port: target.port, method, headers, path },
      (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers)
        if (!begins) return void answer.pipe(to)
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const body = Buffer.concat(chunks)
          const [, sid] = /"sid":"([^"]+)"/.exec(body.toString()) ?? []
          if (sid !== undefined) polling.set(sid, target)
          to.end(body)
        })
        answer.on('error', () => to.destroy())
      },
    )
    onward.on('error', () => to.destroy())
    to.on('close', () => onward.destroy())
    from.pipe(onward)
  }

  const server = createServer(forward)
  server.on('upgrade', (from, socket, head) => {
    const target = choose(from)
    const onward = connect(Number(target.port), target.hostname, () => {
      const lines = [`${from.method} ${from.url} HTTP/1.1`]
      for (let i = 0; i < from.rawHeaders.length; i += 2) {
        lines.push(`${from.rawHeaders[i]}: ${from.rawHeaders[i + 1]}`)
      }
      onward.write(`${lines.join('\r\n')}\r\n\r\n`)
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
    socket.on('close', () => onward.destroy())
    onward.on('close', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      clearInterval(checks)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
