import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { FrameReader } from '../frame-reader.js'
import { textFrame } from '../frame-writer.js'

const TEXT = 1

type Answer = { id: number; result?: unknown; error?: unknown }

/** Asks V8's inspector of a process that was started with `--inspect`. */
export class Inspector {
  readonly #socket: Socket
  readonly #answered = new Map<number, (answer: Answer) => void>()
  #nextId = 1

  private constructor(socket: Socket, head: Buffer) {
    this.#socket = socket
    const reader = new FrameReader((bytes, start, end, opcode) => {
      if (opcode !== TEXT) return
      const answer = JSON.parse(bytes.toString('utf8', start, end)) as Answer
      this.#answered.get(answer.id)?.(answer)
      this.#answered.delete(answer.id)
    })
    reader.push(head, 0, head.length)
    socket.on('data', (bytes: Buffer) => reader.push(bytes, 0, bytes.length))
  }

  /** `url`: as Node prints it, `ws://127.0.0.1:9229/…`. */
  static async connect(url: string): Promise<Inspector> {
    const upgrade = request(url.replace(/^ws/, 'http'), {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    })
    upgrade.end()
    const [, socket, head] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Socket, Buffer]
    return new Inspector(socket, head)
  }

  /** Bytes that live objects of the main thread take, after everything else has been collected. */
  async liveBytes(): Promise<number> {
    // What weak references and finalizers kept goes with the second.
    await this.#ask('HeapProfiler.collectGarbage')
    await this.#ask('HeapProfiler.collectGarbage')
    const { usedSize } = (await this.#ask('Runtime.getHeapUsage')) as { usedSize: number }
    return usedSize
  }

  close(): void {
    this.#socket.destroy()
  }

  async #ask(method: string): Promise<unknown> {
    const id = this.#nextId++
    const answer = await new Promise<Answer>((resolve) => {
      this.#answered.set(id, resolve)
      this.#socket.write(textFrame(JSON.stringify({ id, method })))
    })
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`)
    return answer.result
  }
}
