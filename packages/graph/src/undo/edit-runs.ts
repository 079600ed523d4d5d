import type { Change, Entry } from '@talus/protocol'
import { isEdit } from './joined-changes.js'
import { isRevertible, keyOf, markOf } from './stamps.js'
import type { UndoHistory } from './undo-history.js'

/** Entries that one step may hold; the next one begins another. */
const MAX_ENTRIES = 10_000

/** Properties and places that a step may hold before the next entry begins another. */
const MAX_TOUCHED = 1_000

/** Changes that an entry of a run may have. */
const MAX_CHANGES = 500

/** Actors whose last edit can be continued. */
const MAX_RUNS = 1_000

/** What an actor did last, as far as the next command may be part of the same undo step. */
type Run = {
  /** The command that names it: what goes on with the run says this one. */
  readonly name: string
  /** The command that names the step. */
  readonly step: string
  readonly actor_id: string
  /** Properties and places, by `keyOf`. */
  readonly touched: Set<string>
  readonly nodes: Set<string>
  entries: number
}

type Made = Pick<Entry, 'kind' | 'command_id' | 'actor' | 'changes'>

function nodeOf(change: Change): string | undefined {
  if (change.type === 'graph-replaced') return undefined
  return 'node' in change ? change.node.id : change.node_id
}

/**
 * Which entries go on with the undo step of the one before (rule UNDO14): a fold over the entries
 * of a session as they are planned. A run ends when its actor does something else, or when another
 * entry touches what it has touched. It is not stored: after a restart the next command begins a
 * step.
 */
export class EditRuns {
  readonly #runs = new Map<string, Run>()
  readonly #byNode = new Map<string, Set<Run>>()

  /**
   * Takes an entry in; gives the command whose step it goes on with, if it does. `continues`: the
   * first command of the run that it asks to go on with.
   */
  take({ kind, command_id, actor, changes }: Made, continues?: string): string | undefined {
    const own = this.#runs.get(actor.id)
    const isPart = kind === 'do' && changes.length <= MAX_CHANGES && changes.every(isEdit)
    const goesOn = isPart && own?.name === continues && own !== undefined && hasRoom(own)
    if (changes.length > MAX_CHANGES) this.clear()
    else this.#endTouched(changes, goesOn ? own : undefined)
    if (goesOn) {
      own.entries += 1
      this.#touch(own, changes)
      return own.step
    }
    if (own) this.#end(own)
    if (!isPart) return undefined
    const name = continues ?? command_id
    const step = command_id
    const actor_id = actor.id
    const touched = new Set<string>()
    const run = { name, step, actor_id, touched, nodes: new Set<string>(), entries: 1 }
    this.#runs.set(actor.id, run)
    this.#touch(run, changes)
    for (const eldest of this.#runs.values()) {
      if (this.#runs.size <= MAX_RUNS) break
      this.#end(eldest)
    }
    return undefined
  }

  /** What was planned is taken back: only what is durable can be continued. */
  takeBack(history: Pick<UndoHistory, 'isOpen'>): void {
    for (const run of this.#runs.values()) {
      // What it touched only in what is taken back ends it a little sooner.
      if (!history.isOpen(run.step, run.actor_id)) this.#end(run)
    }
  }

  /** Nothing can be continued. */
  clear(): void {
    this.#runs.clear()
    this.#byNode.clear()
  }

  #touch(run: Run, changes: readonly Change[]): void {
    for (const change of changes) {
      if (!isRevertible(change)) continue
      const mark = markOf(change)
      run.touched.add(keyOf(mark))
      const { node_id } = mark
      if (run.nodes.has(node_id)) continue
      run.nodes.add(node_id)
      const runs = this.#byNode.get(node_id)
      if (runs) runs.add(run)
      else this.#byNode.set(node_id, new Set([run]))
    }
  }

  #endTouched(changes: readonly Change[], except: Run | undefined): void {
    if (this.#byNode.size === 0) return
    for (const change of changes) {
      if (!isRevertible(change)) return this.clear()
      const key = keyOf(markOf(change))
      for (const run of this.#byNode.get(nodeOf(change) ?? '') ?? []) {
        if (run !== except && (!isEdit(change) || run.touched.has(key))) this.#end(run)
      }
    }
  }

  #end(run: Run): void {
    if (this.#runs.get(run.actor_id) === run) this.#runs.delete(run.actor_id)
    for (const node_id of run.nodes) {
      const runs = this.#byNode.get(node_id)
      runs?.delete(run)
      if (runs?.size === 0) this.#byNode.delete(node_id)
    }
  }
}

function hasRoom({ entries, touched }: Run): boolean {
  return entries < MAX_ENTRIES && touched.size < MAX_TOUCHED
}
