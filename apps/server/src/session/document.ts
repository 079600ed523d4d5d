import {
  EditRuns,
  type GraphImage,
  type ProjectGraph,
  type Steps,
  type UndoHistory,
} from '@talus/graph'
import type { Entry } from '@talus/protocol'
import type { EntryText } from '../journal/entry-text.js'
import type { Consumed } from '../journal/journal.js'
import type { Pending, Pipeline } from './pipeline.js'
import type { Ground } from './planning.js'

export type SessionState = { graph: ProjectGraph; history: UndoHistory; seq: number }

type PlanningServices = Pick<Ground, 'blueprint' | 'rules' | 'limits' | 'newId' | 'now'>

/**
 * What a session holds: everything that is durable, and in the graph also what is planned. Whoever
 * asks is shown durable state only (rule CMD1).
 */
export class SessionDocument {
  readonly #pipeline: Pipeline
  readonly #ground: Ground
  readonly #removed = new WeakMap<Entry, Removed>()
  #seq: number
  #image: { seq: number; ref: WeakRef<GraphImage> } | undefined

  /** `pipeline` knows what is planned. */
  constructor(
    { graph, history, seq }: SessionState,
    planning: PlanningServices,
    pipeline: Pipeline,
  ) {
    this.#pipeline = pipeline
    this.#seq = seq
    const headSeq = () => this.#pipeline.head()?.seq ?? this.#seq
    const runs = new EditRuns()
    this.#ground = { graph, history, runs, headSeq, ...planning }
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
  record(entry: Entry, body: EntryText): void {
    this.#seq = entry.seq
    this.#ground.history.record(entry, body)
  }

  /** Takes what is durable into the history, in steps; `advance` follows, in the same turn for all. */
  *foldInSteps(pending: Pending): Steps<void> {
    const { history } = this.#ground
    if (pending.outcome === 'entry') yield* history.recordInSteps(pending.entry, pending.body)
    if (pending.outcome === 'receipt' && pending.receipt.consumes) {
      this.consume(pending.receipt.consumes)
    }
  }

  /** The entry counts as durable from now on. */
  advance({ seq }: Entry): void {
    this.#seq = seq
  }

  /** Takes in a durable entry that was never planned here. */
  takeIn(entry: Entry, body: EntryText): void {
    this.#ground.graph.apply(entry.changes)
    this.#ground.runs.clear()
    this.record(entry, body)
  }

  /** Takes in a step that came to nothing. */
  consume({ kind, target_command_id }: Consumed): void {
    this.#ground.runs.clear()
    this.#ground.history.consume(kind, target_command_id)
  }

  /** Reads durable state: what is only planned is taken back meanwhile. */
  withDurable<T>(read: (state: SessionState) => T): T {
    const { graph, history } = this.#ground
    const planned = this.#pipeline.entries()
    const bringBackTrial = graph.setTrialAside()
    for (const entry of planned.toReversed()) entry.takeBack()
    try {
      return read({ graph, history, seq: this.#seq })
    } finally {
      for (const pending of planned) pending.takeBack = graph.speculate(pending.entry.changes)
      bringBackTrial()
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
    return !this.#pipeline.entries().some(({ entry }) => this.#removedBy(entry).has(node_id))
  }

  /** It is asked for many nodes at once, of which an entry may remove as many. */
  #removedBy(entry: Entry): Removed {
    const known = this.#removed.get(entry)
    if (known) return known
    const removed = removedBy(entry)
    this.#removed.set(entry, removed)
    return removed
  }
}

type Removed = { has: (node_id: string) => boolean }

function removedBy({ changes }: Entry): Removed {
  if (changes.some(({ type }) => type === 'graph-replaced')) return { has: () => true }
  return new Set(
    changes.flatMap((change) => (change.type === 'node-removed' ? change.node.id : [])),
  )
}
