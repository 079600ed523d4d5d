import { rm } from 'node:fs/promises'
import { connect, TalusError, type Client, type GraphNode, type Session } from '../src/index.js'
import { fileStore } from '../src/node/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import type { Random } from './random.js'
import { randomCommand } from './random-command.js'

const QUICK = { ackTimeoutMs: 2_000, reconnect: { minDelayMs: 5, maxDelayMs: 40 } }

/** A call that was made, to be made again in the same words. */
export type Call = { commandId: string; again: (session: Session) => Promise<unknown> }

/** What somebody shows who reads only what the graph says has changed. */
class Mirror {
  readonly nodes = new Map<string, GraphNode>()
  readonly lists = new Map<string | null, readonly string[]>()

  constructor({ graph }: Session) {
    this.lists.set(null, graph.children(null))
    for (const node of graph.walk()) {
      this.nodes.set(node.id, node)
      this.lists.set(node.id, graph.children(node.id))
    }
    graph.subscribe(({ nodes, lists }) => {
      for (const id of nodes) {
        const node = graph.node(id)
        if (node) this.nodes.set(id, node)
        else this.nodes.delete(id)
      }
      for (const id of lists) this.lists.set(id, graph.children(id))
    })
  }
}

/** One actor at a client that loses its connection, its answers and its memory. */
export class Participant {
  readonly name: string
  readonly calls: Call[] = []
  readonly refused = new Set<string>()
  session!: Session
  mirror!: Mirror
  readonly #random: Random
  readonly #network: Network
  readonly #path: string
  readonly #session_id: string
  #client!: Client
  #made = 0

  private constructor(
    name: string,
    { random, network, path, id }: { random: Random; network: Network; path: string; id: string },
  ) {
    this.name = name
    this.#random = random
    this.#network = network
    this.#path = path
    this.#session_id = id
  }

  static async enter(
    name: string,
    at: { random: Random; url: string; path: string; id: string },
  ): Promise<Participant> {
    const participant = new Participant(name, { ...at, network: await Network.to(at.url) })
    await participant.#open()
    return participant
  }

  /** Does something at random. */
  async step(): Promise<void> {
    const below = this.#random.below(100)
    if (below < 6) this.#network.cut()
    else if (below < 9) this.#network.stall(['far'])
    else if (below < 22) this.#network.mend()
    else if (below < 25) await this.#reload()
    else if (below < 32) this.#call((session, commandId) => session.undo({ commandId }))
    else if (below < 36) this.#call((session, commandId) => session.redo({ commandId }))
    else this.#execute()
  }

  /** Everything that was called is answered. */
  async settle(): Promise<void> {
    this.#network.mend()
    await this.session.flush()
  }

  async isAt(seq: number): Promise<void> {
    await eventually(() => {
      if (this.session.seq !== seq) throw new Error(`${this.name} is at ${this.session.seq}`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
    await this.#network[Symbol.asyncDispose]()
    await rm(this.#path, { force: true })
  }

  async #open(): Promise<void> {
    const store = fileStore(this.#path)
    this.#client = connect(this.#network.url, { ...QUICK, actor: this.name, store })
    this.session = await this.#client.join(this.#session_id)
    this.mirror = new Mirror(this.session)
    this.session.on('rejected', ({ commandId = '' }) => this.refused.add(commandId))
  }

  /** The page is closed and opened again: only the store remembers. */
  async #reload(): Promise<void> {
    this.#client.close()
    this.#network.mend()
    await this.#open()
  }

  #call(again: (session: Session, commandId: string) => Promise<unknown>): void {
    this.#made += 1
    const commandId = `${this.name}-${this.#made}`
    this.calls.push({ commandId, again: (session) => again(session, commandId) })
    again(this.session, commandId).catch((error: unknown) => {
      if (!(error instanceof TalusError)) throw error
    })
  }

  #execute(): void {
    const { graph } = this.session
    const { command_type, data } = randomCommand(this.#random, graph, this.name)
    const copy = structuredClone(data)
    this.#call((session, commandId) => session.execute(command_type, copy as never, { commandId }))
  }
}
