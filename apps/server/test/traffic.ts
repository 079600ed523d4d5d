import type { Ack, Entry } from '@talus/protocol'
import { RawClient } from './harness.js'

/** Every command creates a node whose id the server makes: executed twice, it would show. */
const COMMAND = { session_id: 's', command_type: 'CreateNode', data: { blueprint_type_id: 't' } }

/** What clients sent, and what they were answered, over all the lives of a server. */
export class Traffic {
  /** Commands that each client has under way at once. */
  readonly #inFlight: number
  readonly sent = new Set<string>()
  readonly acknowledged = new Map<string, number | null>()
  readonly refused = new Map<string, string>()
  #waiting: { count: number; resolve: () => void } | undefined

  constructor(inFlight: number) {
    this.#inFlight = inFlight
  }

  /** Resolves when so many commands in all have been acknowledged. */
  reaches(count: number): Promise<void> {
    if (this.acknowledged.size >= count) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting = { count, resolve }
    })
  }

  get unanswered(): string[] {
    return [...this.sent].filter((id) => !this.acknowledged.has(id))
  }

  /** Sends commands without end through one client; they stop when the server goes. */
  async bySocket(url: string, name: string): Promise<RawClient> {
    const client = await new RawClient(url, { reconnection: false }).connected()
    await client.join('s', { stream: 'changes' })
    const next = () => {
      if (!client.socket.connected) return
      const command_id = this.#take(name)
      client.socket.emit('execute_command', { ...COMMAND, command_id }, (ack: Ack) => {
        this.#answered(command_id, ack)
        next()
      })
    }
    for (let i = 0; i < this.#inFlight; i += 1) next()
    return client
  }

  /** The same through REST. Resolves when the server has gone. */
  async byRest(url: string, name: string): Promise<void> {
    const send = async () => {
      for (;;) {
        const command_id = this.#take(name)
        const ack = await execute(url, command_id).catch(() => undefined)
        if (!ack) return
        this.#answered(command_id, ack)
      }
    }
    await Promise.all(Array.from({ length: this.#inFlight }, send))
  }

  #take(name: string): string {
    const command_id = `${name}-${this.sent.size}`
    this.sent.add(command_id)
    return command_id
  }

  #answered(command_id: string, ack: Ack): void {
    if (!ack.ok) {
      this.refused.set(command_id, ack.error.code)
      return
    }
    this.acknowledged.set(command_id, ack.seq)
    const { count = Infinity, resolve } = this.#waiting ?? {}
    if (this.acknowledged.size >= count) resolve?.()
  }
}

async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.json()
}

/** Creates the session that the traffic goes to. */
export async function openSession(url: string): Promise<void> {
  await post(`${url}/api/v1/sessions`, { session_id: 's' })
}

/** One command of the traffic through REST. Fails when the server is not there. */
export async function execute(url: string, command_id: string): Promise<Ack> {
  return (await post(`${url}/api/v1/commands/execute`, { ...COMMAND, command_id })) as Ack
}

/** The history of the session after a seq, page by page. */
export async function history(url: string, after_seq = 0): Promise<Entry[]> {
  const entries: Entry[] = []
  for (;;) {
    const query = `after_seq=${after_seq + entries.length}&limit=1000`
    const response = await fetch(`${url}/api/v1/sessions/s/changes?${query}`)
    const page = (await response.json()) as { entries: Entry[]; has_more: boolean }
    entries.push(...page.entries)
    if (!page.has_more) return entries
  }
}

/** How many nodes the session has. */
export async function countNodes(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/graph?session_id=s`)
  return ((await response.json()) as { nodes: unknown[] }).nodes.length
}
