import { ProjectGraph } from '@talus/graph'
import type { Entry, GraphState, Node, RootPayload } from '@talus/protocol'
import type { Received } from '../harness.js'

/** What a replica can ask of its surroundings. */
export type Reach = {
  /** The whole graph, at `min_seq` or later. Rejects when the server is not there. */
  graph: (min_seq: number) => Promise<GraphState>
  /** Joins again, to be told what is missing. */
  ask: () => void
  /** What should not happen. */
  fault: (err: unknown) => void
}

/**
 * A graph that follows `changes` by the rules: applies what comes next, drops what it has, asks for
 * what is missing, takes a snapshot when it is told to.
 */
export class ChangesReplica {
  readonly #reach: Reach
  #graph = ProjectGraph.empty()
  #seq = 0
  #epoch: string | undefined
  #fetching: { waiting: Entry[]; done: Promise<void> } | undefined
  #asking = false

  constructor(reach: Reach) {
    this.#reach = reach
  }

  get seq(): number {
    return this.#seq
  }

  /** What to say in a join: the first one takes a snapshot. */
  get place(): { last_seq?: number; epoch?: string } {
    return this.#epoch === undefined ? {} : { last_seq: this.#seq, epoch: this.#epoch }
  }

  nodes(): Node[] {
    return this.#graph.nodes()
  }

  /** Resolves when no snapshot is on its way. */
  async settled(): Promise<void> {
    await this.#fetching?.done
  }

  /** The connection is gone, and with it whatever was on its way. */
  cutOff(): void {
    this.#fetching = undefined
    this.#asking = false
  }

  hear({ event, payload }: Received): void {
    if (event === 'joined') this.#joined(payload as RootPayload<'joined'>)
    if (event === 'session:changes') this.#take(payload['entries'] as Entry[])
    if (event === 'resync:required') this.#fetch(Number(payload['seq']))
  }

  #joined({ entries, seq, epoch }: RootPayload<'joined'>): void {
    this.#asking = false
    if (!entries) return this.#fetch(seq)
    this.#epoch = epoch
    this.#take(entries)
  }

  #take(entries: readonly Entry[]): void {
    if (this.#fetching) {
      this.#fetching.waiting.push(...entries)
      return
    }
    for (const entry of entries) {
      if (entry.seq > this.#seq + 1) return this.#ask()
      if (entry.seq <= this.#seq) continue
      this.#graph.apply(entry.changes)
      this.#seq = entry.seq
    }
  }

  #ask(): void {
    if (this.#asking) return
    this.#asking = true
    this.#reach.ask()
  }

  #fetch(min_seq: number): void {
    const waiting = this.#fetching?.waiting ?? []
    const fetching = { waiting, done: Promise.resolve() }
    this.#fetching = fetching
    fetching.done = this.#reach.graph(min_seq).then(
      (state) => {
        if (this.#fetching !== fetching) return
        this.#fetching = undefined
        this.#graph = ProjectGraph.fromNodes(state.nodes)
        this.#seq = state.seq
        this.#epoch = state.epoch
        this.#take(waiting)
      },
      // The server went: whoever comes back tells its seq again.
      () => undefined,
    )
    fetching.done = fetching.done.catch(this.#reach.fault)
  }
}
