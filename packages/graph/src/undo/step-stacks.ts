import type { Link } from './link.js'
import type { Step } from './step.js'

/** Steps that one actor can undo or redo; the oldest is dropped beyond this. */
export const MAX_STEPS_PER_ACTOR = 1_000

/** Steps of a session, all actors together. */
export const MAX_STEPS = 10_000

/** Characters of JSON that the steps of a session may come to: what they hold is held in memory. */
export const MAX_STEP_CHARS = 64 * 1024 * 1024

type ActorStacks = Record<Step['state'], Step[]>

export type StepQuery = {
  state: Step['state']
  actor_id: string
  scope?: 'actor' | 'session'
  target_command_id?: string
}

/** Every actor's undo and redo stack; on each the last step is the one that moved there last. */
export class StepStacks {
  /** By age. */
  readonly #steps = new Map<string, Step>()
  readonly #actors = new Map<string, ActorStacks>()
  /** Called with each step that nobody can undo or redo any more. */
  onForgotten: ((step: Step) => void) | undefined
  #chars = 0

  /** Stacks of steps that are given by age. */
  static of(steps: readonly Step[]): StepStacks {
    const stacks = new StepStacks()
    for (const step of steps) stacks.#keep(step)
    for (const step of steps.toSorted((a, b) => a.latest.seq - b.latest.seq)) {
      stacks.#of(step.actor_id)[step.state].push(step)
    }
    return stacks
  }

  steps(): Iterable<Step> {
    return this.#steps.values()
  }

  get(command_id: string): Step | undefined {
    return this.#steps.get(command_id)
  }

  /** The step that a request means: the named one, or the last; of the actor, or of anybody. */
  find({ state, actor_id, scope, target_command_id }: StepQuery): Step | undefined {
    if (target_command_id !== undefined) {
      const step = this.#steps.get(target_command_id)
      const reachable = scope === 'session' || step?.actor_id === actor_id
      return reachable && step?.state === state ? step : undefined
    }
    if (scope !== 'session') return this.#actors.get(actor_id)?.[state].at(-1)
    let last: Step | undefined
    for (const stacks of this.#actors.values()) {
      const top = stacks[state].at(-1)
      if (top && (!last || top.latest.seq > last.latest.seq)) last = top
    }
    return last
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

  /** Moves a step to the top of its owner's other stack; `latest` is the entry that turned it. */
  turn(step: Step, latest: Link): void {
    this.#chars += latest.chars - step.latest.chars
    step.latest = latest
    const stacks = this.#of(step.actor_id)
    remove(stacks[step.state], step)
    step.state = step.state === 'done' ? 'undone' : 'done'
    stacks[step.state].push(step)
  }

  drop(step: Step): void {
    this.#forget(step)
    remove(this.#of(step.actor_id)[step.state], step)
  }

  dropUndone(actor_id: string): void {
    const stacks = this.#actors.get(actor_id)
    if (!stacks || stacks.undone.length === 0) return
    for (const step of stacks.undone.splice(0)) this.#forget(step)
  }

  clear(): void {
    this.#steps.clear()
    this.#actors.clear()
    this.#chars = 0
  }

  #keep(step: Step): void {
    this.#steps.set(step.command_id, step)
    this.#chars += step.latest.chars
  }

  #forget(step: Step): void {
    if (!this.#steps.delete(step.command_id)) return
    this.#chars -= step.latest.chars
    this.onForgotten?.(step)
  }

  /** Lets the eldest go when there are too many, or too much; never the last one. */
  #trim(): void {
    while (this.#steps.size > MAX_STEPS || (this.#chars > MAX_STEP_CHARS && this.#steps.size > 1)) {
      const [eldest] = this.#steps.values()
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

function remove(stack: Step[], step: Step): void {
  // Nearly always the last one.
  const index = stack.lastIndexOf(step)
  if (index >= 0) stack.splice(index, 1)
}
