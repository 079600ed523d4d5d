import type { GraphImage, ProjectGraph, UndoHistory } from '@talus/graph'
import type { Change, Entry } from '@talus/protocol'
import type { Pending } from '../dispatch/pending.js'
import type { Pipeline } from '../dispatch/pipeline.js'
import type { Ground } from '../dispatch/planning.js'

export type SessionState = { graph: ProjectGraph; history: UndoHistory; seq: number }

type Planning = Pick<Ground, 'blueprint' | 'rules' | 'limits' | 'newId' | 'now'>

/**
 * What a session holds: everything that is durable, and in the graph also what is planned. Whoever
 * asks is shown durable state only (rule CMD1).
 */
export class SessionDocument {
  readonly #pipeline: Pipeline
  readonly #ground: Ground
  #seq: number
  #image: { seq: number; ref: WeakRef<GraphImage> } | undefined

  /** `pipeline` knows what is planned. */
  constructor({ graph, history, seq }: SessionState, planning: Planning, pipeline: Pipeline) {
    this.#pipeline = pipeline
    this.#seq = seq
    const headSeq = () => this.#pipeline.head()?.seq ?? this.#seq
    this.#ground = { graph, history, headSeq, ...planning }
  }

  /** The last durable seq. */
  get seq(): number {
    return this.#seq
  }

  /** What planning reads: the planned is part of it. */
  get ground(): Ground {
    return this.#ground
  }

  /** Takes in an entry that has become durable and that the graph has as planned. */
  record(entry: Entry, body: string): void {
    this.#seq = entry.seq
    this.#ground.history.record(entry, body)
  }

  /** Takes in a durable entry that was never planned here. */
  takeIn(entry: Entry, body: string): void {
    this.#ground.graph.apply(entry.changes)
    this.record(entry, body)
  }

  /** Takes in a step that came to nothing. */
  consume({ kind, actor_id, target_command_id }: Consumed): void {
    this.#ground.history.consume(kind, actor_id, target_command_id)
  }

  /** Reads durable state: what is only planned is taken back meanwhile. */
  withDurable<T>(read: (state: SessionState) => T): T {
    const { graph, history } = this.#ground
    const planned = this.#pipeline.entries()
    for (const entry of planned.toReversed()) entry.takeBack()
    try {
      return read({ graph, history, seq: this.#seq })
    } finally {
      for (const pending of planned) pending.takeBack = graph.speculate(pending.entry.changes)
    }
  }

  /** The graph as it is durable now, to be read later: who asks at the same seq shares one. */
  presentImage(): { image: GraphImage; now: number } {
    const seq = this.#seq
    const known = this.#image?.seq === seq ? this.#image.ref.deref() : undefined
    const image = known ?? this.withDurable(({ graph }) => graph.image())
    if (!known) this.#image = { seq, ref: new WeakRef(image) }
    return { image, now: seq }
  }

  /**
   * Whether the node was there and is durably gone. Looks through what is planned instead of taking
   * it back: it is asked often.
   */
  isDeleted(node_id: string): boolean {
    const { graph } = this.#ground
    if (graph.has(node_id) || !graph.isTaken(node_id)) return false
    const isPlanned = this.#pipeline
      .entries()
      .some(({ entry }) => entry.changes.some((change) => removes(change, node_id)))
    return !isPlanned
  }
}

type Consumed = NonNullable<Extract<Pending, { outcome: 'receipt' }>['receipt']['consumes']>

function removes(change: Change, node_id: string): boolean {
  if (change.type === 'graph-replaced') return true
  return change.type === 'node-removed' && change.node.id === node_id
}
