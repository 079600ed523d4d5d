import type { Link } from './link.js'
import type { Step } from './step.js'

/** Steps that one actor can undo or redo; the oldest is dropped beyond this. */
export const MAX_STEPS_PER_ACTOR = 1_000

/** Steps of a session, all actors together. */
export const MAX_STEPS = 10_000

/** Steps of a session that a new command took off a redo stack, and that can still be named. */
const MAX_CLEARED = 1_000

/** What it takes to keep the id of a command that a step holds, in characters. */
const PART_CHARS = 64

/** Characters of JSON that the steps of a session may come to: what they hold is held in memory. */
export const MAX_STEP_CHARS = 64 * 1024 * 1024

type ActorStacks = Record<Step['state'], Step[]>

export type StepQuery = {
  state: Step['state']
  actor_id: string
  scope?: 'actor' | 'session'
  target_command_id?: string
  /** The last entry that the caller had seen (rule UNDO13). */
  last_seq?: number
}

/** Every actor's undo and redo stack; on each the last step is the one that moved there last. */
export class StepStacks {
  /** By age. */
  readonly #steps = new Map<string, Step>()
  /** By the commands that went on with them. */
  readonly #byPart = new Map<string, Step>()
  readonly #actors = new Map<string, ActorStacks>()
  /** In the order in which they were cleared. */
  readonly #cleared = new Set<Step>()
  /** Called with each step that nobody can undo or redo any more. */
  onForgotten: ((step: Step) => void) | undefined
  #chars = 0

  /** Stacks of steps that are given by age. */
  static of(steps: readonly Step[]): StepStacks {
    const stacks = new StepStacks()
    for (const step of steps) stacks.#keep(step)
    for (const step of steps.slice().sort((a, b) => a.latest.seq - b.latest.seq)) {
      if (step.cleared === undefined) stacks.#of(step.actor_id)[step.state].push(step)
    }
    const cleared = steps.filter((step) => step.cleared !== undefined)
    cleared.sort((a, b) => (a.cleared ?? 0) - (b.cleared ?? 0))
    for (const step of cleared) stacks.#cleared.add(step)
    return stacks
  }

  steps(): Iterable<Step> {
    return this.#steps.values()
  }

  get(command_id: string): Step | undefined {
    return this.#steps.get(command_id) ?? this.#byPart.get(command_id)
  }

  /** The step that a command of the actor can go on with: its last one, if that is it. */
  continued(command_id: string, actor_id: string): Step | undefined {
    const last = this.#actors.get(actor_id)?.done.at(-1)
    return last?.command_id === command_id && last.latest.kind === 'do' ? last : undefined
  }

  /** The step that a request means: the named one, or the last; of the actor, or of anybody. */
  find(query: StepQuery): Step | undefined {
    const { state, actor_id, scope, target_command_id, last_seq = Infinity } = query
    if (target_command_id !== undefined) return this.#named(query, target_command_id)
    const lastOf = (stacks: ActorStacks | undefined) =>
      stacks?.[state].findLast(({ latest }) => latest.seq <= last_seq)
    if (scope !== 'session') return lastOf(this.#actors.get(actor_id))
    let last: Step | undefined
    for (const stacks of this.#actors.values()) {
      const top = lastOf(stacks)
      if (top && (!last || top.latest.seq > last.latest.seq)) last = top
    }
    return last
  }

  #named({ state, actor_id, scope, last_seq }: StepQuery, command_id: string): Step | undefined {
    const step = this.get(command_id)
    if (!step || step.state !== state) return undefined
    if (scope !== 'session' && step.actor_id !== actor_id) return undefined
    const wasThere = last_seq !== undefined && last_seq < (step.cleared ?? 0)
    return step.cleared === undefined || wasThere ? step : undefined
  }

  /** Puts a step on the stack of its state; it is the newest of all. */
  add(step: Step): void {
    this.#keep(step)
    const stacks = this.#of(step.actor_id)
    stacks[step.state].push(step)
    const oldest = stacks.done.length > MAX_STEPS_PER_ACTOR ? stacks.done.shift() : undefined
    if (oldest) this.#forget(oldest)
    this.#trim()
  }

  /** A command of its actor goes on with the last step. */
  extend(step: Step, command_id: string, latest: Link): void {
    this.#chars += latest.chars - step.latest.chars + PART_CHARS
    step.latest = latest
    step.parts ??= []
    step.parts.push(command_id)
    this.#byPart.set(command_id, step)
    this.#trim()
  }

  /** Moves a step to the top of its owner's other stack; `latest` is the entry that turned it. */
  turn(step: Step, latest: Link): void {
    this.#chars += latest.chars - step.latest.chars
    step.latest = latest
    const stacks = this.#of(step.actor_id)
    if (this.#cleared.delete(step)) delete step.cleared
    else remove(stacks[step.state], step)
    step.state = step.state === 'done' ? 'undone' : 'done'
    stacks[step.state].push(step)
  }

  drop(step: Step): void {
    this.#forget(step)
    remove(this.#of(step.actor_id)[step.state], step)
  }

  /** The entry `seq` of the actor takes everything off the redo stack (rule UNDO6). */
  clearUndone(actor_id: string, seq: number): void {
    const stacks = this.#actors.get(actor_id)
    if (!stacks || stacks.undone.length === 0) return
    for (const step of stacks.undone.splice(0)) {
      step.cleared = seq
      this.#cleared.add(step)
    }
    for (const step of this.#cleared) {
      if (this.#cleared.size <= MAX_CLEARED) return
      this.#forget(step)
    }
  }

  clear(): void {
    this.#steps.clear()
    this.#actors.clear()
    this.#cleared.clear()
    this.#byPart.clear()
    this.#chars = 0
  }

  #keep(step: Step): void {
    this.#steps.set(step.command_id, step)
    for (const part of step.parts ?? []) this.#byPart.set(part, step)
    this.#chars += charsOf(step)
  }

  #forget(step: Step): void {
    this.#cleared.delete(step)
    if (!this.#steps.delete(step.command_id)) return
    for (const part of step.parts ?? []) this.#byPart.delete(part)
    this.#chars -= charsOf(step)
    this.onForgotten?.(step)
  }

  /** Lets cleared ones go, then the eldest, when there is too much; never the last one. */
  #trim(): void {
    while (this.#steps.size > MAX_STEPS || (this.#chars > MAX_STEP_CHARS && this.#steps.size > 1)) {
      const [eldest] = this.#cleared.size > 0 ? this.#cleared : this.#steps.values()
      if (!eldest) return
      this.drop(eldest)
    }
  }

  #of(actor_id: string): ActorStacks {
    let stacks = this.#actors.get(actor_id)
    if (!stacks) {
      stacks = { done: [], undone: [] }
      this.#actors.set(actor_id, stacks)
    }
    return stacks
  }
}

function charsOf({ latest, parts = [] }: Step): number {
  return latest.chars + parts.length * PART_CHARS
}

function remove(stack: Step[], step: Step): void {
  // Nearly always the last one.
  const index = stack.lastIndexOf(step)
  if (index >= 0) stack.splice(index, 1)
}
