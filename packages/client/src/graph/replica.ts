import { ProjectGraph, type Blueprint } from '@talus/graph'
import type { AckSuccess, Entry, GraphState, HistoryEntry, Role } from '@talus/protocol'
import { Prediction, type Ground, type Wish } from './prediction.js'
import { UndoStacks } from './undo-stacks.js'
import { View, type Footprint, type GraphChange } from './view.js'

/** A graph as it was fetched, and what goes with it. */
export type Snapshot = {
  state: GraphState
  blueprint: Blueprint | null
  /** The newest things that the actor has done, up to the state; newest first. */
  history: readonly HistoryEntry[]
}

export type ReplicaEvents = {
  /** Something was done; what differs may be nothing. */
  onChange: (change: GraphChange) => void
  /** An entry is in the graph. */
  onEntry: (entry: Entry) => void
}

/**
 * A session's graph: a fold over its entries, with the client's own commands that are under way
 * on top. When entries come, the predictions are taken back, the entries are applied, and what is
 * still under way is predicted again on what is true now.
 */
export class Replica {
  readonly view = new View()
  /** The actor's role, by which the server will decide what comes next. */
  role: Role | undefined
  readonly #actor_id: string
  readonly #events: ReplicaEvents
  readonly #predictions = new Map<string, Prediction>()
  #stacks = new UndoStacks()
  /** The stacks as they will be when everything under way is done. */
  #outlook = new UndoStacks()
  #blueprint: Blueprint | null = null
  #seq = 0
  #epoch: string | undefined

  constructor(actor_id: string, events: ReplicaEvents) {
    this.#actor_id = actor_id
    this.#events = events
  }

  /** The last entry that the graph holds. */
  get seq(): number {
    return this.#seq
  }

  /** The history that `seq` counts in; undefined before the first snapshot. */
  get epoch(): string | undefined {
    return this.#epoch
  }

  get canUndo(): boolean {
    return this.#outlook.can('undo')
  }

  get canRedo(): boolean {
    return this.#outlook.can('redo')
  }

  /** Puts a fetched graph in the place of what there is. */
  load({ state, blueprint, history }: Snapshot): void {
    const { epoch, seq, nodes } = state
    this.#rebase((footprint) => {
      // Before the first snapshot nobody can have seen anything.
      if (this.#epoch !== undefined) footprint.of([{ type: 'graph-replaced', nodes }])
      this.view.graph = ProjectGraph.fromNodes(nodes)
      this.#blueprint = blueprint
      this.#stacks = new UndoStacks()
      this.#stacks.recall(history)
      const isOther = this.#epoch !== undefined && this.#epoch !== epoch
      for (const { command_id, seq: acked } of this.#predictions.values()) {
        if (acked !== undefined && (isOther || acked <= seq)) this.#predictions.delete(command_id)
      }
      this.#seq = seq
      this.#epoch = epoch
    })
  }

  /**
   * Takes in those entries that continue what there is; older ones are known already (rule SYNC2).
   * Returns what is left: there is a gap, or an entry that does not fit.
   */
  take(entries: readonly Entry[]): readonly Entry[] {
    let at = 0
    while (at < entries.length && (entries[at]?.seq ?? 0) <= this.#seq) at += 1
    if (entries[at]?.seq !== this.#seq + 1) return entries.slice(at)
    const first = at
    this.#rebase((footprint) => {
      while (at < entries.length && this.#takeOne(entries[at], footprint)) at += 1
    })
    for (const entry of entries.slice(first, at)) this.#events.onEntry(entry)
    return entries.slice(at)
  }

  /** Shows at once what a command will most likely do. */
  predict(command_id: string, wish: Wish): void {
    if (this.#predictions.has(command_id)) return
    const prediction = new Prediction(command_id, wish)
    this.#predictions.set(command_id, prediction)
    this.#events.onChange(this.view.change((footprint) => this.#show(prediction, footprint)))
  }

  /** The command is executed: its entry is here already, or will come, or there is none. */
  confirm({ command_id, seq, undo, target_command_id }: AckSuccess): void {
    const prediction = this.#predictions.get(command_id)
    if (undo?.status === 'noop' && target_command_id !== undefined) {
      this.#stacks.drop(target_command_id)
    }
    if (!prediction) return
    if (seq !== null && seq > this.#seq) prediction.seq = seq
    else this.drop(command_id)
  }

  /** Takes a prediction back. */
  drop(command_id: string): void {
    if (!this.#predictions.has(command_id)) return
    this.#rebase(() => this.#predictions.delete(command_id))
  }

  get #ground(): Ground {
    const { role } = this
    return { graph: this.view.graph, stacks: this.#outlook, blueprint: this.#blueprint, role }
  }

  #takeOne(entry: Entry | undefined, footprint: Footprint): boolean {
    if (entry?.seq !== this.#seq + 1) return false
    footprint.of(entry.changes)
    try {
      this.view.graph.apply(entry.changes)
    } catch {
      // Something is wrong with what is here: a snapshot puts it right.
      return false
    }
    this.#stacks.record(entry, this.#actor_id)
    this.#predictions.delete(entry.command_id)
    this.#seq = entry.seq
    return true
  }

  /** Changes what is confirmed, below the predictions. */
  #rebase(work: (footprint: Footprint) => void): void {
    const change = this.view.change((footprint) => {
      for (const prediction of [...this.#predictions.values()].toReversed()) {
        footprint.of(prediction.changes)
        prediction.takeBack()
      }
      work(footprint)
      this.#outlook = this.#stacks.copy()
      for (const prediction of this.#predictions.values()) this.#show(prediction, footprint)
    })
    this.#events.onChange(change)
  }

  #show(prediction: Prediction, footprint: Footprint): void {
    const ground = this.#ground
    const changes = prediction.foresee(ground)
    footprint.of(changes)
    prediction.show(ground, changes)
  }
}
