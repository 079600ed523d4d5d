import type { Raw, RawSocket } from '@talus/client/raw'
import type { Namespace } from '@talus/protocol'

export const GROUPS = ['commands', 'nodes', 'people', 'other'] as const
export type Group = (typeof GROUPS)[number]

/** An event that a connection received. */
export type WireEvent = {
  key: number
  /** Time of receipt, in milliseconds since 1970. */
  at: number
  namespace: Namespace
  name: string
  group: Group
  payload: unknown
  /** Size of the payload as JSON, in UTF-8. */
  bytes: number
  /** Id of its command. */
  command_id: string | undefined
  /** Milliseconds from the server's timestamp to receipt; includes the clock difference. */
  delay: number | undefined
}

const MOST = 5_000

function groupOf(name: string): Group {
  if (name.startsWith('command:')) return 'commands'
  if (/^(graph:)?(node|property|root|project)[:-]/.test(name)) return 'nodes'
  return /^(session|presence|permissions)[:_]/.test(name) ? 'people' : 'other'
}

const UTF8 = new TextEncoder()

function textIn(payload: unknown, key: string): string | undefined {
  const value: unknown = Object(payload)[key]
  return typeof value === 'string' ? value : undefined
}

/** Records the events of a session on both namespaces, over its own connections. */
export class Wire {
  readonly #session_id: string
  readonly #raw: Raw
  readonly #listeners = new Set<() => void>()
  #sockets: RawSocket[] = []
  #events: readonly WireEvent[] = []
  #fresh: WireEvent[] = []
  #frame = 0
  #count = 0
  #problem: unknown
  #isOver = false

  constructor(raw: Raw, session_id: string) {
    this.#raw = raw
    this.#session_id = session_id
  }

  get events(): readonly WireEvent[] {
    return this.#events
  }

  /** Why nothing more comes. */
  get problem(): unknown {
    return this.#problem
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async start(): Promise<void> {
    this.#problem = undefined
    this.#close()
    const session_id = this.#session_id
    try {
      for (const namespace of ['/', '/graph'] as const) {
        const socket = await this.#raw.connect(namespace, {
          ...(namespace === '/graph' && { session_id }),
          onEvent: (name, payload) => this.#add(namespace, name, payload),
          onEnd: (reason) =>
            this.#end(new Error(`The connection to ${namespace} ended: ${reason}`)),
        })
        if (this.#isOver) return socket.close()
        this.#sockets.push(socket)
        if (namespace === '/') await socket.ask('join_session', { session_id })
      }
    } catch (error) {
      this.#end(error)
    }
  }

  stop(): void {
    this.#isOver = true
    this.#close()
    cancelAnimationFrame(this.#frame)
  }

  clear(): void {
    this.#events = []
    this.#fresh = []
    this.#tell()
  }

  #close(): void {
    const sockets = this.#sockets
    this.#sockets = []
    for (const socket of sockets) socket.close()
  }

  #end(problem: unknown): void {
    if (this.#isOver) return
    this.#problem = problem
    this.#tell()
  }

  #add(namespace: Namespace, name: string, payload: unknown): void {
    this.#count += 1
    const at = Date.now()
    const timestamp = textIn(payload, 'timestamp')
    this.#fresh.push({
      key: this.#count,
      at,
      namespace,
      name,
      group: groupOf(name),
      payload,
      bytes: UTF8.encode(JSON.stringify(payload) ?? '').length,
      command_id: textIn(payload, 'command_id'),
      delay: timestamp === undefined ? undefined : Math.max(0, at - Date.parse(timestamp)),
    })
    // Once a frame, however many come.
    this.#frame ||= requestAnimationFrame(() => this.#tell())
  }

  #tell(): void {
    this.#frame = 0
    // Another array, so that a problem is seen as well.
    this.#events = [...this.#events, ...this.#fresh].slice(-MOST)
    this.#fresh = []
    for (const listener of this.#listeners) listener()
  }
}
