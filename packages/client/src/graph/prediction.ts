import type { Blueprint, ProjectGraph } from '@talus/graph'
import type { Change, Command, JsonObject, Role } from '@talus/protocol'
import { newId } from '../new-id.js'
import { soon } from '../retry.js'
import type * as planner from './planner.js'
import type { Turn, UndoStacks } from './undo-stacks.js'

export type Planner = typeof planner

let loading: Promise<Planner> | undefined

/** Rejects when it cannot be loaded: nothing is foreseen then, and the next call tries again. */
export function loadPlanner(): Promise<Planner> {
  loading ??= import('./planner.js')
  loading.catch(() => (loading = undefined))
  return loading
}

/** Undefined when it cannot be loaded, or has not come by then: from another server it may never. */
export const awaitPlanner = (): Promise<Planner | void> => soon(loadPlanner().catch(() => {}))

/** What a template says; null when what reads it cannot be loaded. */
export async function blueprintOf(
  template_id: string,
  document: JsonObject,
): Promise<Blueprint | null> {
  const planner = await awaitPlanner()
  return planner ? new planner.Blueprint(template_id, document) : null
}

/** What a client has asked for and what can be foreseen of it. */
export type Wish =
  /** `run`: the first command of the run that it goes on with. */
  | { kind: 'execute'; command: Command; run?: string | undefined }
  | {
      kind: Turn
      target_command_id?: string | undefined
      /** Without a target it takes the actor's last step, not that of anybody. */
      isOwn: boolean
      /** It also takes back what others changed, which only the server can tell. */
      isForced: boolean
    }

/** What predictions are made on: what is confirmed, and the predictions before. */
export type Ground = {
  graph: ProjectGraph
  stacks: UndoStacks
  /** Undefined until it is loaded. */
  planner: Planner | undefined
  blueprint: Blueprint | null
  /** Of the actor in the session; undefined: the server has not said it. */
  role: Role | undefined
}

/** Whether the role, if it is known, executes commands at all (rule AUTH3). */
export function mayEdit(role: Role | undefined): boolean {
  return role !== 'viewer' && role !== 'commenter'
}

/** Whether the step of an undo or a redo is known, if it is one of the actor's own. */
function isMeant({ isOwn, target_command_id }: Exclude<Wish, { kind: 'execute' }>): boolean {
  return isOwn || target_command_id !== undefined
}

/** What of a command's changes the role is shown: the server adds defaults that it may not see. */
function seen(
  changes: readonly Change[],
  { withTypes }: Planner,
  { graph, blueprint, role }: Ground,
): readonly Change[] {
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
  /** The command whose step it goes on with, as far as can be seen. */
  continues: string | undefined

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
    const { graph, stacks, planner, blueprint, role } = ground
    const wish = this.#wish
    if (!mayEdit(role)) return []
    try {
      if (wish.kind !== 'execute') {
        const { kind, target_command_id, isForced } = wish
        return (isMeant(wish) && !isForced && stacks.changesOf(kind, target_command_id)) || []
      }
      if (!planner) return []
      const permissions = role && blueprint?.rules?.permissionsOf(role)
      const context = { blueprint, permissions, newId, now: () => this.#now }
      const planned = planner.plan(graph, wish.command, context)
      return planned.ok ? seen(planned.value.changes, planner, ground) : []
    } catch {
      // A prediction never refuses: what cannot be foreseen is not shown, and the server decides.
      return []
    }
  }

  /** Applies what was foreseen. */
  show(graph: ProjectGraph, changes: readonly Change[]): void {
    this.#shown = undefined
    try {
      const takeBack = graph.speculate(changes)
      if (changes.length > 0) this.#shown = { changes, takeBack }
    } catch {
      // An undo that does not fit what others did since: only the server can tell what is left.
    }
  }

  /** The stacks as they are when it is done, so that the next undo takes the step before. */
  follow(stacks: UndoStacks): void {
    const wish = this.#wish
    if (wish.kind === 'execute') {
      if (!this.#shown) return
      this.continues = stacks.foresee(this.command_id, this.#shown.changes, wish.run)
    } else if (isMeant(wish)) {
      stacks.turn(wish.kind, wish.target_command_id, this.#shown?.changes)
    }
  }

  get isShown(): boolean {
    return this.#shown !== undefined
  }

  /** Undefined for an undo or a redo. */
  get command(): Command | undefined {
    return this.#wish.kind === 'execute' ? this.#wish.command : undefined
  }

  /** The first command of the run that it goes on with. */
  get run(): string | undefined {
    return this.#wish.kind === 'execute' ? this.#wish.run : undefined
  }

  /** Whether it takes the last step of anybody, which only the server knows. */
  isOfAnybody(turn: Turn): boolean {
    return this.#wish.kind === turn && !isMeant(this.#wish)
  }

  takeBack(): void {
    this.#shown?.takeBack()
    this.#shown = undefined
  }
}
