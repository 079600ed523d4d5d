import { plan, withTypes, type Blueprint, type ProjectGraph } from '@talus/graph'
import type { Change, Command, Role } from '@talus/protocol'
import { newId } from '../new-id.js'
import type { Turn, UndoStacks } from './undo-stacks.js'

/** What a client has asked for and what can be foreseen of it. */
export type Wish =
  | { kind: 'execute'; command: Command }
  /** `isOwn`: it takes the actor's own step, and only what others left of it. */
  | { kind: Turn; target_command_id?: string | undefined; isOwn: boolean }

/** What predictions are made on: what is confirmed, and the predictions before. */
export type Ground = {
  graph: ProjectGraph
  stacks: UndoStacks
  blueprint: Blueprint | null
  /** Of the actor in the session; undefined: the server has not said it. */
  role: Role | undefined
}

/** What of a command's changes the role is shown: the server adds defaults that it may not see. */
function seen(changes: readonly Change[], { graph, blueprint, role }: Ground): readonly Change[] {
  const view = role && blueprint?.rules?.viewOf(role)
  return view ? view.changes(withTypes(graph, changes)) : changes
}

/** One command under way, and what is shown of it. */
export class Prediction {
  readonly command_id: string
  readonly #wish: Wish
  readonly #now = new Date().toISOString()
  /** Of its acknowledgement; its entry has not come yet. */
  seq: number | undefined
  #shown: { changes: readonly Change[]; takeBack: () => void } | undefined

  constructor(command_id: string, wish: Wish) {
    this.command_id = command_id
    this.#wish = wish
  }

  /** What it has changed in the graph. */
  get changes(): readonly Change[] {
    return this.#shown?.changes ?? []
  }

  /**
   * Says what the command would change now. What is refused, cannot be foreseen, or goes wrong
   * changes nothing: the server decides, and this is only a prediction.
   */
  foresee(ground: Ground): readonly Change[] {
    const { graph, stacks, blueprint, role } = ground
    const wish = this.#wish
    try {
      if (wish.kind !== 'execute') {
        return (wish.isOwn && stacks.changesOf(wish.kind, wish.target_command_id)) || []
      }
      const permissions = role && blueprint?.rules?.permissionsOf(role)
      const context = { blueprint, permissions, newId, now: () => this.#now }
      const planned = plan(graph, wish.command, context)
      return planned.ok ? seen(planned.value.changes, ground) : []
    } catch {
      return []
    }
  }

  /** Applies what was foreseen; the stacks follow, so that the next undo takes the step before. */
  show({ graph, stacks }: Ground, changes: readonly Change[]): void {
    this.#shown = undefined
    try {
      const takeBack = graph.speculate(changes)
      if (changes.length > 0) this.#shown = { changes, takeBack }
    } catch {
      // An undo that does not fit what others did since: only the server can tell what is left.
    }
    const wish = this.#wish
    if (wish.kind === 'execute') {
      if (this.#shown) stacks.add(this.command_id, changes)
    } else if (wish.isOwn) {
      stacks.turn(wish.kind, wish.target_command_id, this.#shown?.changes)
    }
  }

  takeBack(): void {
    this.#shown?.takeBack()
    this.#shown = undefined
  }
}
