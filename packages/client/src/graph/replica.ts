import type { Blueprint } from '@talus/graph'
import { ProjectGraph, sameJson, type GraphImage } from '@talus/graph/model'
import type { AckSuccess, Entry, GraphState, HistoryEntry, Role } from '@talus/protocol'
import { Prediction, type Ground, type Planner, type Wish } from './prediction.js'
import type { Beside } from './beside.js'
import { UndoStacks, type Turn } from './undo-stacks.js'
import { View, type Footprint, type GraphChange } from './view.js'

/** A graph as it was fetched, and what goes with it. */
export type Snapshot = {
  state: GraphState
  blueprint: Blueprint | null
  /** The newest things that the actor has done, up to the state; newest first. */
  history: readonly HistoryEntry[]
}

/** So many commands under way are too many to be moved by every entry. */
const MANY = 32

/** What an undo says of what its caller saw. */
export type Seen = { last_seq?: number; target_command_id?: string }

/** What is confirmed at one moment, to be read bit by bit. */
export type Captured = {
  epoch: string
  seq: number
  image: GraphImage
  blueprint: Blueprint | null
}

export type ReplicaEvents = {
  /** A graph was fetched and put in the place of what there was. */
  onLoad: (history: readonly HistoryEntry[]) => void
  /** Something was done; what differs may be nothing. */
  onChange: (change: GraphChange) => void
  /** An entry is in the graph. */
  onEntry: (entry: Entry) => void
}

/**
 * A session's graph: a fold over its entries, with the client's own commands that are under way
 * on top. When an entry comes, the predictions are taken back, the entry is applied, and what is
 * still under way is predicted again on what is true now. Thousands may be under way: so an entry
 * that did what was predicted, or has nothing to do with any prediction, moves none of them, and
 * after they were moved, what would move them again waits in proportion to what that took.
 */
export class Replica {
  readonly view = new View()
  /** Whose steps its undo stacks hold, as the server names them. */
  actor_id: string
  #role: Role | undefined
  readonly #events: ReplicaEvents
  readonly #now: () => number
  readonly #predictions = new Map<string, Prediction>()
  /** Loaded when there are many of them. */
  #beside: Beside | undefined
  /** Refused and still shown: they go when predictions are moved next. */
  readonly #refused = new Set<Prediction>()
  #purging: ReturnType<typeof setTimeout> | undefined
  #planner: Planner | undefined
  #stacks = new UndoStacks()
  /** The stacks as they will be when everything under way is done. */
  #outlook = new UndoStacks()
  #seq = 0
  #epoch: string | undefined

  /** `now`: milliseconds, from wherever. */
  constructor(actor_id: string, events: ReplicaEvents, now = () => performance.now()) {
    this.actor_id = actor_id
    this.#events = events
    this.#now = now
  }

  /** The last entry that the graph holds. */
  get seq(): number {
    return this.#seq
  }

  /** The history that `seq` counts in; undefined before the first snapshot. */
  get epoch(): string | undefined {
    return this.#epoch
  }

  /**
   * For how long entries should wait to be taken in together, as predictions were moved just now
   * and may have to be for each of them; mostly 0.
   */
  get restMs(): number {
    return this.#beside?.restMs ?? 0
  }

  get canUndo(): boolean {
    return this.#outlook.can('undo')
  }

  get canRedo(): boolean {
    return this.#outlook.can('redo')
  }

  /**
   * What an undo or a redo that is called now has to say of what is shown, so that it takes no other
   * step when it arrives later (rule UNDO13). `scope` 'session': the last step of anybody.
   */
  seen(turn: Turn, scope: 'actor' | 'session' = 'actor'): Seen {
    this.#purge()
    const last_seq = this.#seq
    const next = this.#outlook.next(turn)
    const isMeant = next !== undefined && (scope === 'actor' || this.#predictions.has(next))
    if (isMeant) return { last_seq, target_command_id: next }
    // What a turn before it will leave there comes after anything that was seen.
    const before = turn === 'undo' ? 'redo' : 'undo'
    const isOpen = [...this.#predictions.values()].some((one) => one.isOfAnybody(before))
    return this.#epoch === undefined || isOpen ? {} : { last_seq }
  }

  /** The actor's role, by which the server will decide what comes next. */
  get role(): Role | undefined {
    return this.#role
  }

  /** What is under way is foreseen anew, by what the actor may do now. */
  permit(role: Role | undefined): void {
    if (role === this.#role) return
    this.#role = role
    if (this.#predictions.size > 0) this.#rebase(() => {})
  }

  /** Puts a fetched graph in the place of what there is. */
  load(snapshot: Snapshot): void {
    this.restore(snapshot)
    this.#events.onLoad(snapshot.history)
  }

  /** The same with a graph that was stored. */
  restore({ state, blueprint, history }: Snapshot): void {
    const { epoch, seq, nodes } = state
    this.#rebase((footprint) => {
      // Before the first snapshot nobody can have seen anything.
      if (this.#epoch !== undefined) footprint.of([{ type: 'graph-replaced', nodes }])
      this.view.graph = ProjectGraph.fromNodes(nodes)
      this.view.blueprint = blueprint
      this.#stacks = new UndoStacks()
      this.#stacks.recall(history)
      const isOther = this.#epoch !== undefined && this.#epoch !== epoch
      for (const prediction of this.#predictions.values()) {
        const { seq: acked } = prediction
        if (acked === undefined || !(isOther || acked <= seq)) continue
        this.#forget(prediction)
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
    const change = this.view.change((footprint) => {
      at += this.#beside?.takeIn(entries.slice(at), this.actor_id, this.#stacks, footprint) ?? 0
      if (entries[at]?.seq !== this.#seq + 1) return
      this.#lift(footprint)
      while (this.#takeOne(entries[at], footprint)) at += 1
      this.#follow(footprint)
    })
    this.#events.onChange(change)
    this.#purgeLast()
    for (const entry of entries.slice(first, at)) this.#events.onEntry(entry)
    return entries.slice(at)
  }

  /** Shows at once what a command will most likely do. */
  predict(command_id: string, wish: Wish): void {
    if (wish.kind !== 'execute' || this.#predictions.has(command_id)) this.#purge()
    if (this.#predictions.has(command_id)) return
    if (wish.kind !== 'execute' && this.#beside?.isShifted) this.#rebase(() => {})
    const prediction = new Prediction(command_id, wish)
    this.#predictions.set(command_id, prediction)
    const change = this.view.change((footprint) => this.#show(prediction, footprint))
    prediction.follow(this.#outlook)
    this.#events.onChange(change)
    if (this.#predictions.size === MANY && !this.#beside) void this.#loadBeside()
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

  /** Takes a prediction back; of many that are refused at once, all together a little later. */
  drop(command_id: string): void {
    const prediction = this.#predictions.get(command_id)
    if (!prediction) return
    // An undo that shows nothing has still taken a step.
    if (!prediction.isShown && prediction.command) return this.#forget(prediction)
    this.#refused.add(prediction)
    const { restMs } = this
    if (restMs === 0) return this.#purge()
    this.#purging ??= setTimeout(() => this.#purge(), restMs)
    this.#purgeLast()
  }

  /** Takes back what was refused and is still shown. */
  #purge(): void {
    clearTimeout(this.#purging)
    this.#purging = undefined
    if (this.#refused.size > 0) this.#rebase()
  }

  /** The same when nothing else is under way, and nothing else will move it. */
  #purgeLast(): void {
    if (this.#refused.size === this.#predictions.size) this.#purge()
  }

  async #loadBeside(): Promise<void> {
    try {
      const part = await import('./beside.js')
      this.#beside ??= new part.Beside(this.view, this.#predictions, {
        same: sameJson,
        now: this.#now,
        refused: this.#refused,
        arrived: (entry) => this.#arrived(entry),
        take: (entry, footprint) => this.#takeOne(entry, footprint),
        show: (prediction, footprint) => this.#show(prediction, footprint),
        forget: (prediction) => this.#forget(prediction),
        follow: () => this.#follow(),
      })
    } catch {
      // It only takes longer without.
    }
  }

  /** What is confirmed; undefined before the first snapshot. */
  capture(): Captured | undefined {
    const epoch = this.#epoch
    if (epoch === undefined) return undefined
    let image = this.view.graph.image()
    if (this.#predictions.size > 0) this.#rebase(() => (image = this.view.graph.image()))
    return { epoch, seq: this.#seq, image, blueprint: this.view.blueprint }
  }

  /** Predicts with this from now on. */
  planWith(planner: Planner): void {
    if (this.#planner === planner) return
    this.#planner = planner
    if (this.#predictions.size > 0) this.#rebase(() => {})
  }

  /** The rules by which the server will decide what comes next. */
  rule(blueprint: Blueprint | null): void {
    this.#rebase(() => (this.view.blueprint = blueprint))
  }

  get #ground(): Ground {
    const { graph, blueprint } = this.view
    return { graph, stacks: this.#outlook, planner: this.#planner, blueprint, role: this.role }
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
    this.#arrived(entry)
    return true
  }

  /** An entry is in the graph. */
  #arrived(entry: Entry): void {
    const prediction = this.#predictions.get(entry.command_id)
    this.#stacks.record(entry, this.actor_id, prediction?.run)
    if (prediction) this.#forget(prediction)
    this.#seq = entry.seq
  }

  #forget(prediction: Prediction): void {
    this.#refused.delete(prediction)
    this.#predictions.delete(prediction.command_id)
    this.#beside?.remove(prediction)
  }

  /** Takes all predictions back. */
  #lift(footprint: Footprint): void {
    this.#beside?.lifting()
    for (const prediction of [...this.#predictions.values()].reverse()) {
      footprint.of(prediction.changes)
      prediction.takeBack()
    }
    this.#beside?.lifted()
    for (const prediction of this.#refused) this.#forget(prediction)
  }

  /** The undo stacks follow the predictions, which are made on what is confirmed if `footprint`. */
  #follow(footprint?: Footprint): void {
    this.#outlook = this.#stacks.copy()
    for (const prediction of this.#predictions.values()) {
      if (footprint) this.#show(prediction, footprint)
      prediction.follow(this.#outlook)
    }
    this.#beside?.moved()
  }

  /** Changes what is confirmed, below the predictions, or only what is refused. */
  #rebase(work?: (footprint: Footprint) => void): void {
    const change = this.view.change((footprint) => {
      if (!work && this.#beside?.withdraw(footprint)) return this.#follow()
      this.#lift(footprint)
      work?.(footprint)
      this.#follow(footprint)
    })
    this.#events.onChange(change)
  }

  #show(prediction: Prediction, footprint: Footprint): void {
    const ground = this.#ground
    const changes = prediction.foresee(ground)
    footprint.of(changes)
    prediction.show(ground.graph, changes)
    this.#beside?.add(prediction)
  }
}
