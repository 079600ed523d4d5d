import type { Permissions, ProjectGraph } from '@talus/graph'
import type {
  Ack,
  Actor,
  Change,
  Command,
  JsonValue,
  Node,
  Preview,
  Result,
  Role,
} from '@talus/protocol'
import type { Caller } from '../auth/identity.js'
import type { CommandRef } from '../broadcast/publication.js'
import type { Trace } from '../observability/tracing.js'

type TaskBase = {
  command_id: string
  /** Whether the caller chose the id: only then can it be a retry. */
  chosen: boolean
  payload_hash: string
  actor: Actor
  /** Absent while nobody traces. */
  trace?: Trace | undefined
  /** What the caller may do, in sessions with rules of access; absent: everything. */
  permissions?: Permissions | undefined
  /** Whose role is asked for again when the task is planned; absent: the server's own task. */
  caller?: Caller | undefined
  /** The role that the caller needs for it. */
  requires?: Role | undefined
  /** What it takes of memory while it waits, roughly; what every task takes counts for nothing. */
  bytes: number
}

/** A command to plan, or the reason why it cannot be. */
export type ExecuteTask = TaskBase & {
  kind: 'execute'
  command_type: string
  command: Result<Command>
  label?: string | undefined
  /** The first command of the run that it asks to go on with (rule UNDO14). */
  continues?: string | undefined
}

export type RevertTask = TaskBase & {
  kind: 'undo' | 'redo'
  scope: 'actor' | 'session'
  target_command_id?: string
  last_seq?: number
  force: boolean
}

/**
 * Replaces the whole graph: a project load. `continues`: the nodes are added to those that are there,
 * as the next part of a file that is taken in piece by piece.
 */
export type ReplaceTask = TaskBase & {
  kind: 'replace'
  nodes: Node[]
  continues?: boolean
  result: JsonValue
  /** The caller in the session that the nodes come from, if that is another one. */
  source?: Caller | undefined
}

/**
 * The way to a former state: the graph at `seq`, and the changes that lead there from the state at
 * `from_seq`, worked out ahead because a large graph takes its time.
 */
export type WayBack = { seq: number; target: ProjectGraph; from_seq: number; changes: Change[] }

/** Leads back to what the graph was. */
export type RestoreTask = TaskBase & { kind: 'restore'; way: WayBack; label?: string }

export type Task = ExecuteTask | RevertTask | ReplaceTask | RestoreTask

/** Whether planning the task may be about many nodes: then it is planned in steps. */
export function mayTakeLong(task: Task): boolean {
  if (task.kind !== 'execute') return true
  if (!task.command.ok) return false
  const { command_type } = task.command.value
  return command_type === 'Batch' || command_type === 'DeleteNode'
}

/** A command of which only the plan is wanted; `settle` is for refusals before it is planned. */
export type PreviewTask = TaskBase & {
  kind: 'preview'
  of: ExecuteTask
  answer: (preview: Preview) => void
}

export type Settle = (ack: Ack) => void

/**
 * A task and its caller, from its arrival until it is durable or refused. `announced`: the room
 * knows that it is being executed, as it was planned before.
 */
export type Waiting = { task: Task | PreviewTask; settle: Settle; announced: boolean }

/** Whether the task needs to see durable state only. */
export function needsQuiet(task: Task | PreviewTask): boolean {
  return task.kind !== 'execute'
}

/** The type under which a restore shows (rule HIST3). */
export const RESTORE = 'Restore'

/**
 * The command of a task that shows from executing to executed or failed (rule CMD2); undefined for
 * undo, redo and loads, which show in other ways.
 */
export function commandRef(task: Waiting['task'], timestamp: string): CommandRef | undefined {
  if (task.kind !== 'execute' && task.kind !== 'restore') return undefined
  const { command_id, actor, label } = task
  const command_type = task.kind === 'execute' ? task.command_type : RESTORE
  const named = { command_id, command_type, actor, timestamp }
  return label === undefined ? named : { ...named, label }
}
