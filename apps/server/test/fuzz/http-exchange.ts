import { Agent, request, type IncomingHttpHeaders } from 'node:http'

/** A request as it goes out; nothing in it is looked at before. */
export type Outgoing = {
  method: string
  path: string
  headers?: Record<string, string | number>
  body?: Buffer
}

/** What came of a request: an answer, nothing in time, or a connection that ended without one. */
export type Exchange =
  | { kind: 'answer'; status: number; headers: IncomingHttpHeaders; body: string }
  | { kind: 'silence' | 'hung up' }

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Sends a request and waits for the end of the answer: so many milliseconds, or until something happens. */
export function exchange(
  { host, port }: { host: string; port: number },
  { body, ...outgoing }: Outgoing,
  patience: number | Promise<void>,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const sent = request({ host, port, agent, ...outgoing }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve({ kind: 'hung up' }))
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ kind: 'answer', status, headers, body: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('error', () => resolve({ kind: 'hung up' }))
    const giveUp = () => {
      resolve({ kind: 'silence' })
      sent.destroy()
    }
    if (typeof patience === 'number') {
      const timer = setTimeout(giveUp, patience)
      sent.on('close', () => clearTimeout(timer))
    } else void patience.then(giveUp)
    sent.end(body)
  })
}
