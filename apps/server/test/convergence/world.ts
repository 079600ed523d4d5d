import type { Entry, GraphState } from '@talus/protocol'
import { expectAgreement } from './agreement.js'
import { SocketClient, type Client } from './client.js'
import type { House } from './house.js'
import { Ledger } from './ledger.js'
import { Outbox } from './outbox.js'
import { PROJECT } from './project.js'
import { RestClient } from './rest-client.js'
import type { Member, Script, Step } from './script.js'

/** They never write and never leave by themselves: one for each way of listening. */
const OBSERVERS = (['events', 'graph', 'changes'] as const).map((stream): Member => ({
  stream,
  actor: undefined,
  transports: ['websocket'],
  rude: false,
}))

/** How often a meeting asks again those who were told to try later, or did not get in. */
const MAX_ROUNDS = 200

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve))
}

/** A server, everybody who takes part, and what the script makes of them. */
export class World {
  readonly script: Script
  readonly house: House
  readonly ledger = new Ledger()
  readonly cast: Client[]
  readonly observers: SocketClient[]
  session_id = ''
  project_id = ''
  /** The seq before anybody did anything. */
  firstSeq = 0
  /** How often the server was started again. */
  life = 0
  readonly #faults: unknown[] = []

  constructor(script: Script, house: House) {
    this.script = script
    this.house = house
    const outbox = () => new Outbox(this.ledger)
    this.observers = OBSERVERS.map((member) => new SocketClient(member, this, outbox()))
    this.cast = script.cast.map((member) =>
      member.stream === 'rest'
        ? new RestClient(member, this, outbox())
        : new SocketClient(member, this, outbox()),
    )
  }

  get url(): string {
    return this.house.url
  }

  get listeners(): SocketClient[] {
    return [...this.observers, ...this.cast].filter((client) => client instanceof SocketClient)
  }

  /** Something that should not have happened; the next step ends the run with it. */
  fault(err: unknown): void {
    this.#faults.push(err)
  }

  async api<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as T
    if (!response.ok) {
      const err = new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
      const { error } = answer as { error?: { code?: string } }
      // A server that is about to stop says so.
      if (error?.code !== 'OVERLOADED') this.fault(err)
      throw err
    }
    return answer
  }

  graph(min_seq = 0): Promise<GraphState> {
    return this.api('GET', `/graph?session_id=${this.session_id}&min_seq=${min_seq}`)
  }

  /** All entries, page by page. */
  async entries(): Promise<Entry[]> {
    const entries: Entry[] = []
    for (let more = true; more;) {
      const path = `/sessions/${this.session_id}/changes?limit=1000&after_seq=${entries.length}`
      const page = await this.api<{ entries: Entry[]; has_more: boolean }>('GET', path)
      entries.push(...page.entries)
      more = page.has_more
    }
    return entries
  }

  /** Makes the project and the session, and plays the script. */
  async play(): Promise<void> {
    type Opened = { project_id: string; session_id: string }
    const project = await this.api<Opened>('POST', '/projects/import', PROJECT)
    const session = this.script.owned ? project : await this.api<Opened>('POST', '/sessions', {})
    this.project_id = project.project_id
    this.session_id = session.session_id
    this.firstSeq = (await this.graph()).seq
    for (const step of this.script.steps) {
      await this.#perform(step)
      if (this.#faults.length > 0) throw this.#faults[0]
    }
  }

  async #perform(step: Step): Promise<void> {
    const client = 'who' in step ? this.cast[step.who] : undefined
    switch (step.do) {
      case 'send': {
        const sending = client?.outbox.send(step.request)
        if (step.next === 'cut') client?.cut()
        if (step.next === 'wait') await sending
        return
      }
      case 'cut':
        return client?.cut()
      case 'return':
        void client?.come()
        if (step.cutAfter === undefined) return
        await turns(step.cutAfter)
        return client?.cut()
      case 'lose':
        return client instanceof SocketClient ? client.lose() : undefined
      case 'pause':
        return turns(step.turns)
      case 'restart':
        return this.#restart(step.signal)
      case 'idle':
        return this.#idle()
      case 'meet':
        return this.#meet()
      default:
        return step satisfies never
    }
  }

  async #restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.house.stop(signal)
    this.#cutAll()
    this.life += 1
    await this.house.start()
    await Promise.all(this.observers.map((observer) => observer.come()))
  }

  async #idle(): Promise<void> {
    this.#cutAll()
    this.life += 1
    const isOccupied = async () => {
      const { sessions } = await this.api<{ sessions: { active_clients: number }[] }>(
        'GET',
        '/sessions',
      )
      return sessions.some(({ active_clients }) => active_clients > 0)
    }
    // Somebody who polls may be missed late: then nothing is forgotten, and that is no harm.
    for (let tries = 0; tries < 50 && (await isOccupied()); tries += 1) await turns(5)
    await this.house.forget()
    await Promise.all(this.observers.map((observer) => observer.come()))
  }

  #cutAll(): void {
    for (const client of [...this.observers, ...this.cast]) client.cut()
  }

  async #meet(): Promise<void> {
    const clients = [...this.observers, ...this.cast]
    const isDone = () => clients.every(({ outbox, isHere }) => outbox.isEmpty && isHere)
    for (let round = 0; round === 0 || !isDone(); round += 1) {
      if (round === MAX_ROUNDS) throw new Error('Some are never answered, or never get in')
      await Promise.all(clients.map((client) => client.come()))
      for (const { outbox } of clients) outbox.flush()
      await Promise.all(clients.map(({ outbox }) => outbox.drained()))
    }
    await Promise.all(this.listeners.map((listener) => listener.settled()))
    expectAgreement(await this.graph(), this.listeners)
  }
}
