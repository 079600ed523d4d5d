import { rm } from 'node:fs/promises'
import type { CommandType, SimpleCommand } from '@talus/protocol'
import { connect, TalusError, type Client, type GraphNode, type Session } from '../src/index.js'
import { fileStore } from '../src/node/index.js'
import { Cable } from './cable.js'
import { eventually } from './eventually.js'
import type { Random } from './random.js'

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
  readonly #cable: Cable
  readonly #path: string
  readonly #session_id: string
  #client!: Client
  #made = 0

  private constructor(
    name: string,
    { random, cable, path, id }: { random: Random; cable: Cable; path: string; id: string },
  ) {
    this.name = name
    this.#random = random
    this.#cable = cable
    this.#path = path
    this.#session_id = id
  }

  static async enter(
    name: string,
    at: { random: Random; url: string; path: string; id: string },
  ): Promise<Participant> {
    const participant = new Participant(name, { ...at, cable: await Cable.to(at.url) })
    await participant.#open()
    return participant
  }

  /** Does something at random. */
  async step(): Promise<void> {
    const below = this.#random.below(100)
    if (below < 6) this.#cable.pull()
    else if (below < 9) this.#cable.deafen()
    else if (below < 22) this.#cable.plug()
    else if (below < 25) await this.#reload()
    else if (below < 32) this.#call((session, commandId) => session.undo({ commandId }))
    else if (below < 36) this.#call((session, commandId) => session.redo({ commandId }))
    else this.#execute()
  }

  /** Everything that was called is answered. */
  async settle(): Promise<void> {
    this.#cable.plug()
    await this.session.flush()
  }

  async isAt(seq: number): Promise<void> {
    await eventually(() => {
      if (this.session.seq !== seq) throw new Error(`${this.name} is at ${this.session.seq}`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
    await this.#cable[Symbol.asyncDispose]()
    await rm(this.#path, { force: true })
  }

  async #open(): Promise<void> {
    const store = fileStore(this.#path)
    this.#client = connect(this.#cable.url, { ...QUICK, actor: this.name, store })
    this.session = await this.#client.join(this.#session_id)
    this.mirror = new Mirror(this.session)
    this.session.on('rejected', ({ commandId = '' }) => this.refused.add(commandId))
  }

  /** The page is closed and opened again: only the store remembers. */
  async #reload(): Promise<void> {
    this.#client.close()
    this.#cable.plug()
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
    const { command_type, data } = this.#random.chance(0.15) ? this.#batch() : this.#command()
    const copy = structuredClone(data)
    this.#call((session, commandId) => session.execute(command_type, copy as never, { commandId }))
  }

  #batch(): { command_type: CommandType; data: object } {
    const commands = Array.from({ length: 1 + this.#random.below(4) }, () => this.#command())
    return { command_type: 'Batch', data: { commands } }
  }

  #command(): SimpleCommand {
    const random = this.#random
    const ids = Array.from(this.session.graph.walk(), ({ id }) => id)
    const parent_id = random.chance(0.25) || ids.length === 0 ? null : random.one(ids)
    if (ids.length < 3 || random.chance(0.3)) {
      const name = `${this.name} ${random.below(1_000)}`
      const position = { index: random.below(4) }
      return {
        command_type: 'CreateNode',
        data: { blueprint_type_id: 't', name, parent_id, position },
      }
    }
    const node_id = random.one(ids)
    if (random.chance(0.1)) return { command_type: 'DeleteNode', data: { node_id } }
    if (random.chance(0.4)) {
      const position = random.chance(0.5) ? { index: random.below(4) } : { after: random.one(ids) }
      return { command_type: 'MoveNode', data: { node_id, parent_id, position } }
    }
    const property_id = random.one(['p', 'q', 'name'])
    if (random.chance(0.15) && property_id !== 'name') {
      return { command_type: 'DeleteProperty', data: { node_id, property_id } }
    }
    const new_value = `v${random.below(5)}`
    return { command_type: 'UpdateProperty', data: { node_id, property_id, new_value } }
  }
}
