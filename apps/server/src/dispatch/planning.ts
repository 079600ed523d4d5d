import {
  diffInPieces,
  finish,
  plan,
  planInSteps,
  withTypes,
  type AccessRules,
  type Blueprint,
  type GraphLimits,
  type PlanContext,
  type Planned,
  type ProjectGraph,
  type Steps,
  type UndoHistory,
} from '@talus/graph'
import type {
  Actor,
  Change,
  Command,
  Entry,
  Failure,
  JsonValue,
  Node,
  Result,
  UndoOutcome,
} from '@talus/protocol'
import {
  mayTakeLong,
  RESTORE,
  type ExecuteTask,
  type ReplaceTask,
  type RestoreTask,
  type RevertTask,
  type Task,
} from './task.js'

/** What planning reads. Nothing here is changed by it. */
export type Ground = {
  graph: ProjectGraph
  history: UndoHistory
  blueprint: Blueprint | null
  /** Who may do and see what; null: nobody needs to be asked. */
  rules: AccessRules | null
  /** How large the graph may become. */
  limits: GraphLimits
  /** The seq of the last entry that the graph holds, durable or not. */
  headSeq: () => number
  newId: () => string
  now: () => string
}

/** What a task would do: changes to commit, nothing at all, or a refusal. */
export type Plan =
  | { outcome: 'changes'; draft: Draft; undo?: UndoOutcome }
  | { outcome: 'nothing'; result: JsonValue; undo?: UndoOutcome; target_command_id?: string }
  | { outcome: 'refused'; failure: Failure }

/** An entry without its place in the journal. */
export type Draft = Omit<Entry, 'seq' | 'timestamp'>

function draftOf(
  task: { command_id: string; actor: Actor },
  rest: Omit<Draft, 'command_id' | 'actor'>,
): Draft {
  return { command_id: task.command_id, actor: task.actor, ...rest }
}

/** What a plan of a command reads. */
function contextOf({ blueprint, newId, now, limits }: Ground, task: ExecuteTask): PlanContext {
  const { permissions, lenient } = task
  return { blueprint, permissions, newId, now, limits, lenient }
}

function executing(task: ExecuteTask, command: Command, planned: Result<Planned>): Plan {
  if (!planned.ok) return { outcome: 'refused', failure: planned.error }
  const { changes, result } = planned.value
  if (changes.length === 0) return { outcome: 'nothing', result }
  const label = task.label ?? (command.command_type === 'Batch' ? command.data.label : undefined)
  const { command_id, actor } = task
  const { command_type } = command
  const draft: Draft = { command_id, actor, command_type, kind: 'do', changes, result }
  if (label !== undefined) draft.label = label
  return { outcome: 'changes', draft }
}

function planExecute(ground: Ground, task: ExecuteTask): Plan {
  if (!task.command.ok) return { outcome: 'refused', failure: task.command.error }
  const command = task.command.value
  return executing(task, command, plan(ground.graph, command, contextOf(ground, task)))
}

function* executeInSteps(ground: Ground, task: ExecuteTask): Steps<Plan> {
  if (!task.command.ok) return { outcome: 'refused', failure: task.command.error }
  const command = task.command.value
  const planned = yield* planInSteps(ground.graph, command, contextOf(ground, task))
  return executing(task, command, planned)
}

function* planRevert(ground: Ground, task: RevertTask): Steps<Plan> {
  const planned = yield* ground.history.planInSteps(ground.graph, {
    kind: task.kind,
    actor_id: task.actor.id,
    scope: task.scope,
    force: task.force,
    permissions: task.permissions,
    ...(task.target_command_id === undefined ? {} : { target_command_id: task.target_command_id }),
  })
  if (!planned.ok) return { outcome: 'refused', failure: planned.error }
  const { target, changes, outcome: undo } = planned.value
  const target_command_id = target.command_id
  if (changes.length === 0) return { outcome: 'nothing', result: null, undo, target_command_id }
  const draft = draftOf(task, {
    command_type: target.command_type,
    kind: task.kind,
    target_command_id,
    ...(target.label === undefined ? {} : { label: target.label }),
    changes,
    result: null,
  })
  return { outcome: 'changes', draft, undo }
}

/** Each node below its parent, after those that are there; parents come first. */
function additions(graph: ProjectGraph, nodes: readonly Node[]): Change[] {
  const counts = new Map<string | null, number>()
  return nodes.map((node) => {
    const { parent_id } = node
    const index = counts.get(parent_id) ?? graph.childCount(parent_id)
    counts.set(parent_id, index + 1)
    return { type: 'node-added', node: { ...node, children: [] }, parent_id, index }
  })
}

function planReplace({ graph }: Ground, task: ReplaceTask): Plan {
  const changes: Change[] = task.continues
    ? additions(graph, task.nodes)
    : [{ type: 'graph-replaced', nodes: task.nodes }]
  const rest = { command_type: 'LoadProject', kind: 'do', changes, result: task.result } as const
  return { outcome: 'changes', draft: draftOf(task, rest) }
}

function* planRestore(ground: Ground, task: RestoreTask): Steps<Plan> {
  const { seq, target, from_seq } = task.way
  const result = { restored_seq: seq }
  // Commits that came between have to be looked at.
  const isCurrent = ground.headSeq() === from_seq
  const changes = isCurrent ? task.way.changes : yield* diffInPieces(ground.graph, target)
  if (changes.length === 0) return { outcome: 'nothing', result }
  const label = task.label === undefined ? {} : { label: task.label }
  const rest = { command_type: RESTORE, kind: 'do', ...label, changes, result } as const
  return { outcome: 'changes', draft: draftOf(task, rest) }
}

export type PlanTask = (ground: Ground, task: Task) => Plan

/**
 * Plans in steps. Between them the graph may hold what is planned so far: the caller keeps it from
 * readers (`beginTrial`) and plans nothing else.
 */
export type PlanTaskInSteps = (ground: Ground, task: Task) => Steps<Plan>

/** Decides what a task does, without doing it. */
export function planTask(ground: Ground, task: Task): Plan {
  if (task.kind !== 'execute' || mayTakeLong(task)) return finish(planTaskInSteps(ground, task))
  return typed(ground, planExecute(ground, task))
}

/** The same in steps, for tasks that may be about many nodes. */
export function* planTaskInSteps(ground: Ground, task: Task): Steps<Plan> {
  return typed(ground, yield* plannedInSteps(ground, task))
}

function typed({ rules, graph }: Ground, plan: Plan): Plan {
  if (!rules || plan.outcome !== 'changes') return plan
  // Whoever sees the entry later, with whatever rights, has to know what it is about.
  const changes = withTypes(graph, plan.draft.changes)
  return { ...plan, draft: { ...plan.draft, changes } }
}

function* plannedInSteps(ground: Ground, task: Task): Steps<Plan> {
  switch (task.kind) {
    case 'execute':
      return yield* executeInSteps(ground, task)
    case 'undo':
    case 'redo':
      return yield* planRevert(ground, task)
    case 'replace':
      return planReplace(ground, task)
    case 'restore':
      return yield* planRestore(ground, task)
    default:
      return task satisfies never
  }
}
