import {
  type AccessRules,
  type Blueprint,
  diffInPieces,
  type EditRuns,
  finish,
  type GraphLimits,
  plan,
  type PlanContext,
  planInSteps,
  type Planned,
  type ProjectGraph,
  type Steps,
  type UndoHistory,
  withTypes,
  withTypesInSteps,
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
import { type Access, authorise } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import type { Instruments } from '../observability/metrics.js'
import {
  type ExecuteTask,
  mayTakeLong,
  type ReplaceTask,
  RESTORE,
  type RestoreTask,
  type RevertTask,
  type Task,
} from './task.js'

/** What planning reads. Nothing here is changed by it. */
export type Ground = {
  graph: ProjectGraph
  history: UndoHistory
  /** What the next command of each actor may go on with; follows what is planned. */
  runs: EditRuns
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
  const { permissions } = task
  return { blueprint, permissions, newId, now, limits }
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
    ...(task.last_seq === undefined ? {} : { last_seq: task.last_seq }),
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

/** Decides what a task does, without doing it. */
function planTask(ground: Ground, task: Task): Plan {
  if (task.kind !== 'execute' || mayTakeLong(task)) return finish(planTaskInSteps(ground, task))
  return typed(ground, planExecute(ground, task))
}

/**
 * The same in steps, for tasks that may be about many nodes. Between them the graph may hold what is
 * planned so far: the caller keeps it from readers (`beginTrial`) and plans nothing else.
 */
function* planTaskInSteps(ground: Ground, task: Task): Steps<Plan> {
  return yield* typedInSteps(ground, yield* plannedInSteps(ground, task))
}

function typed({ rules, graph }: Ground, plan: Plan): Plan {
  if (!rules || plan.outcome !== 'changes') return plan
  // Whoever sees the entry later, with whatever rights, has to know what it is about.
  const changes = withTypes(graph, plan.draft.changes)
  return { ...plan, draft: { ...plan.draft, changes } }
}

function* typedInSteps({ rules, graph }: Ground, plan: Plan): Steps<Plan> {
  if (!rules || plan.outcome !== 'changes') return plan
  const changes = yield* withTypesInSteps(graph, plan.draft.changes)
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

/** One plan of so many is timed: most take less than reading the clock. */
const SAMPLED = 16

/** What may be planned, or why it may not; `caller`: with the role of this moment. */
type AllowedTask =
  | { ok: true; task: Task; caller: Caller | undefined }
  | { ok: false; error: Failure }

function secondsSince(began: number): number {
  return (performance.now() - began) / 1_000
}

/**
 * Plans only what the caller may still do at that moment, and with the permissions of that moment: a
 * role may have been taken, changed or expired while the task waited (rule AUTH9). Where nothing has
 * changed, which is nearly always, this costs two look-ups.
 */
export class Planner {
  readonly #access: Pick<Access, 'now'>
  readonly #seconds: Instruments['planSeconds']
  #turn = 0

  constructor(access: Pick<Access, 'now'>, { planSeconds }: Pick<Instruments, 'planSeconds'>) {
    this.#access = access
    this.#seconds = planSeconds
  }

  plan(ground: Ground, task: Task): Plan {
    const allowed = this.#allowedNow(ground, task)
    if (!allowed.ok) return { outcome: 'refused', failure: allowed.error }
    this.#turn = (this.#turn + 1) % SAMPLED
    if (this.#turn !== 1) return planTask(ground, allowed.task)
    const began = performance.now()
    const planned = planTask(ground, allowed.task)
    this.#seconds.observe(secondsSince(began))
    return planned
  }

  /** The same in steps. Planned again when the role has changed by the last one. */
  *planInSteps(ground: Ground, task: Task): Steps<Plan> {
    for (let asked = task; ;) {
      const allowed = this.#allowedNow(ground, asked)
      if (!allowed.ok) return { outcome: 'refused', failure: allowed.error }
      const plan = yield* this.#timed(planTaskInSteps(ground, allowed.task))
      if (!allowed.caller || this.#access.now(allowed.caller) === allowed.caller) return plan
      asked = allowed.task
    }
  }

  /** Times what the steps take, without the pauses between them. */
  *#timed(steps: Steps<Plan>): Steps<Plan> {
    let seconds = 0
    try {
      for (;;) {
        const began = performance.now()
        const step = steps.next()
        seconds += secondsSince(began)
        if (step.done) return step.value
        yield
      }
    } finally {
      // Given up between two steps: what they have tried is taken back.
      steps.return({ outcome: 'nothing', result: null })
      this.#seconds.observe(seconds)
    }
  }

  #allowedNow(ground: Ground, task: Task): AllowedTask {
    const requires = 'requires' in task ? (task.requires ?? 'editor') : 'editor'
    if (task.kind === 'replace' && task.source) {
      const may = authorise(this.#access.now(task.source), requires)
      if (!may.ok) return may
    }
    if (!task.caller) return { ok: true, task, caller: undefined }
    const caller = this.#access.now(task.caller)
    if (caller === task.caller) return { ok: true, task, caller }
    const authorised = authorise(caller, requires)
    if (!authorised.ok) return authorised
    const { role } = caller
    // No rule asks for more than an owner.
    const isOwner = role === null || role === 'owner'
    const permissions = isOwner ? undefined : ground.rules?.permissionsOf(role)
    const may = task.kind === 'replace' ? permissions?.toReplace() : undefined
    return may?.ok === false ? may : { ok: true, task: { ...task, permissions, caller }, caller }
  }
}
