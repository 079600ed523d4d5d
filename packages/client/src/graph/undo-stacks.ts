import { invert } from '@talus/graph'
import type { Change, Entry, HistoryEntry } from '@talus/protocol'

/** A command that can be undone or redone. Its latest changes, unless only the server has them. */
type Step = { command_id: string; changes: readonly Change[] | undefined }

/** As many as the server keeps of one actor (rule UNDO7). */
const MAX_STEPS = 1_000

export type Turn = 'undo' | 'redo'

/** What one actor can undo and redo: a fold over entries (rules UNDO1, UNDO2, UNDO6, UNDO8). */
export class UndoStacks {
  #done: Step[] = []
  #undone: Step[] = []

  copy(): UndoStacks {
    const copy = new UndoStacks()
    copy.#done = [...this.#done]
    copy.#undone = [...this.#undone]
    return copy
  }

  can(turn: Turn): boolean {
    return this.#from(turn).length > 0
  }

  /** What the turn would most likely change; undefined: nobody here knows. */
  changesOf(turn: Turn, command_id?: string): Change[] | undefined {
    const stack = this.#from(turn)
    const step = command_id === undefined ? stack.at(-1) : stack.find((one) => is(one, command_id))
    return step?.changes && invert(step.changes)
  }

  record(entry: Entry, actor_id: string): void {
    if (entry.changes.some((change) => change.type === 'graph-replaced')) this.#clear()
    else if (entry.kind !== 'do') this.turn(entry.kind, entry.target_command_id, entry.changes)
    else if (entry.actor.id === actor_id) this.add(entry.command_id, entry.changes)
  }

  /** Takes in what the actor did before, newest first, as the history lists it. */
  recall(entries: readonly HistoryEntry[]): void {
    for (const { kind, command_id, target_command_id, summary } of entries.toReversed()) {
      if (summary.replaced) this.#clear()
      else if (kind === 'do') this.add(command_id, undefined)
      else if (!this.turn(kind, target_command_id, undefined)) {
        // Its command is older than what the history was asked for.
        this.#to(kind).push({ command_id: target_command_id ?? '', changes: undefined })
      }
    }
  }

  add(command_id: string, changes: readonly Change[] | undefined): void {
    this.#undone = []
    this.#done.push({ command_id, changes })
    if (this.#done.length > MAX_STEPS) this.#done.shift()
  }

  /** Moves a step, by default the last, to the other stack. False: it is not this actor's. */
  turn(turn: Turn, command_id?: string, changes?: readonly Change[]): boolean {
    const step = this.#take(this.#from(turn), command_id)
    if (step) this.#to(turn).push({ command_id: step.command_id, changes })
    return step !== undefined
  }

  /** A step came to nothing, and is gone (rule UNDO3). */
  drop(command_id: string): void {
    this.#take(this.#done, command_id)
    this.#take(this.#undone, command_id)
  }

  #from(turn: Turn): Step[] {
    return turn === 'undo' ? this.#done : this.#undone
  }

  #to(turn: Turn): Step[] {
    return turn === 'undo' ? this.#undone : this.#done
  }

  #take(stack: Step[], command_id: string | undefined): Step | undefined {
    const at =
      command_id === undefined
        ? stack.length - 1
        : stack.findLastIndex((one) => is(one, command_id))
    return at < 0 ? undefined : stack.splice(at, 1)[0]
  }

  #clear(): void {
    this.#done = []
    this.#undone = []
  }
}

function is(step: Step, command_id: string): boolean {
  return step.command_id === command_id
}
