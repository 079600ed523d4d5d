import { invert, isEdit, joinChanges, sameJson } from '@talus/graph/model'
import type { Change, Entry, HistoryEntry } from '@talus/protocol'

/** A command that can be undone or redone, with those that went on with it (rule UNDO14). */
type Step = {
  /** The first command, by which the server names the step. */
  readonly command_id: string
  /** The last command: the step that holds it is the one that is shown. */
  readonly last: string
  /** The first command of its run, which the commands that go on with it say. */
  readonly run: string
  /** What it did last, unless only the server has that. */
  readonly changes: readonly Change[] | undefined
}

/** A command that is added: what it says or what its entry says of the run that it is part of. */
type Added = {
  command_id: string
  changes: readonly Change[] | undefined
  /** The command whose step it is part of, as the server has decided. */
  continues?: string | undefined
  /** The first command of its run, as the command says. */
  run?: string | undefined
}

/** As many as the server keeps of one actor (rule UNDO7). */
const MAX_STEPS = 1_000

/** Steps that a new command took off the redo stack, and that a redo can still name (UNDO13). */
const MAX_CLEARED = 100

export type Turn = 'undo' | 'redo'

/** What one actor can undo and redo: a fold over entries (rules UNDO1, UNDO2, UNDO6, UNDO8). */
export class UndoStacks {
  #done: Step[] = []
  #undone: Step[] = []
  #cleared: Step[] = []

  copy(): UndoStacks {
    const copy = new UndoStacks()
    copy.#done = [...this.#done]
    copy.#undone = [...this.#undone]
    copy.#cleared = [...this.#cleared]
    return copy
  }

  can(turn: Turn): boolean {
    return this.#from(turn).length > 0
  }

  /** The command that names what the turn takes next. */
  next(turn: Turn): string | undefined {
    return this.#from(turn).at(-1)?.last
  }

  /** What the turn would most likely change; undefined: nobody here knows. */
  changesOf(turn: Turn, command_id?: string): Change[] | undefined {
    const [stack, at] = this.#place(turn, command_id)
    const changes = stack[at]?.changes
    return changes && invert(changes)
  }

  /** `run`: the first command of its run, if the command was this client's and said so. */
  record(entry: Entry, actor_id: string, run?: string): void {
    if (entry.changes.some((change) => change.type === 'graph-replaced')) this.#clear()
    else if (entry.kind !== 'do') this.turn(entry.kind, entry.target_command_id, entry.changes)
    else if (entry.actor.id === actor_id) this.add({ ...entry, run })
  }

  /** Takes in what the actor did before, newest first, as the history lists it. */
  recall(entries: readonly HistoryEntry[]): void {
    for (const entry of entries.slice().reverse()) {
      const { kind, command_id, target_command_id = '', continues, summary } = entry
      if (summary.replaced) this.#clear()
      else if (kind === 'do') this.add({ command_id, changes: undefined, continues })
      else if (!this.turn(kind, target_command_id, undefined)) {
        // Its command is older than what the history was asked for.
        const id = target_command_id
        this.#to(kind).push({ command_id: id, last: id, run: id, changes: undefined })
      }
    }
  }

  add({ command_id, changes, continues, run = continues ?? command_id }: Added): void {
    if (this.#undone.length > 0) {
      this.#cleared = [...this.#cleared, ...this.#undone].slice(-MAX_CLEARED)
      this.#undone = []
    }
    const top = this.#done.at(-1)
    if (top && top.command_id === continues) {
      this.#done.splice(-1, 1, joined(top, command_id, changes))
      return
    }
    // What it continues may be older than what is known.
    const first = continues ?? command_id
    const known = continues === undefined ? changes : undefined
    this.#done.push({ command_id: first, last: command_id, run, changes: known })
    if (this.#done.length > MAX_STEPS) this.#done.shift()
  }

  /** Adds a command that the server has not decided on: it goes on with what it says, if it can. */
  foresee(command_id: string, changes: readonly Change[], run = command_id) {
    const top = this.#done.at(-1)
    const continues = top?.run === run && follows(top.changes, changes) ? top.command_id : undefined
    this.add({ command_id, changes, run, continues })
    return continues
  }

  /** Moves a step, by default the last, to the other stack. False: it is not this actor's. */
  turn(turn: Turn, command_id?: string, changes?: readonly Change[]): boolean {
    const [stack, at] = this.#place(turn, command_id)
    const [step] = at < 0 ? [] : stack.splice(at, 1)
    if (step) this.#to(turn).push({ ...step, run: '', changes })
    return step !== undefined
  }

  /** Whether the step is one of this actor. */
  has(command_id: string | undefined): boolean {
    return [this.#done, this.#undone, this.#cleared].some((stack) =>
      stack.some((step) => step.command_id === command_id),
    )
  }

  /** A step came to nothing, and is gone (rule UNDO3). */
  drop(command_id: string): void {
    for (const stack of [this.#done, this.#undone, this.#cleared]) {
      const at = stack.findLastIndex((step) => step.command_id === command_id)
      if (at >= 0) stack.splice(at, 1)
    }
  }

  #from(turn: Turn): Step[] {
    return turn === 'undo' ? this.#done : this.#undone
  }

  #to(turn: Turn): Step[] {
    return turn === 'undo' ? this.#undone : this.#done
  }

  /** Where the step of a turn is, by default the last one; -1: it is not known here. */
  #place(turn: Turn, command_id: string | undefined): [stack: Step[], at: number] {
    const stack = this.#from(turn)
    if (command_id === undefined) return [stack, stack.length - 1]
    const isIt = ({ command_id: id, last }: Step) => id === command_id || last === command_id
    const at = stack.findLastIndex(isIt)
    if (at >= 0 || turn === 'undo') return [stack, at]
    return [this.#cleared, this.#cleared.findLastIndex(isIt)]
  }

  #clear(): void {
    this.#done = []
    this.#undone = []
    this.#cleared = []
  }
}

function joined(step: Step, last: string, changes: Step['changes']): Step {
  const all = step.changes && changes && joinChanges(edits(step.changes), edits(changes)).changes
  return { ...step, last, changes: all }
}

type Edits = Parameters<typeof joinChanges>[0]

function edits(changes: readonly Change[]): Edits {
  return changes.filter((change) => change.type !== 'graph-replaced')
}

/** Whether changes go on with earlier ones, and nobody has set the property since, it seems. */
function follows(earlier: Step['changes'], changes: readonly Change[]): boolean {
  const [later] = changes
  if (!changes.every(isEdit) || earlier?.every(isEdit) === false) return false
  if (later?.type !== 'property-set') return true
  const before = earlier?.findLast(
    (change) =>
      change.type === 'property-set' &&
      change.node_id === later.node_id &&
      change.property_id === later.property_id,
  )
  return before?.type !== 'property-set' || sameJson(before.new_value, later.old_value)
}
