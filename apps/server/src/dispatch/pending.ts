import type { AckSuccess, Entry, Failure } from '@talus/protocol'
import type { AppendBatch, Receipt } from '../journal/journal.js'
import type { Draft, Plan } from './planning.js'
import type { Task, Waiting } from './task.js'

/**
 * A task that has been planned and waits for durability, in commit order:
 * - `entry`: applied in memory; `takeBack` undoes exactly that.
 * - `receipt`: accepted, changes nothing.
 * - `refused`: told in its place in the order, so that rooms see one sequence.
 */
export type Pending = Waiting & { task: Task; timestamp: string } & (
    | { outcome: 'entry'; entry: Entry; body: string; ack: AckSuccess; takeBack: () => void }
    | { outcome: 'receipt'; receipt: Receipt }
    | { outcome: 'refused'; failure: Failure }
  )

/** The entry of a draft at its place, and what its caller will be told. */
export function entryOf(
  draft: Draft,
  at: { seq: number; timestamp: string },
  undo: AckSuccess['undo'],
): { entry: Entry; ack: AckSuccess } {
  const { command_id, actor, command_type, kind, changes, result = null } = draft
  const { label, target_command_id } = draft
  // Every command comes by here: what is copied from another object takes a second object to hold.
  const { seq, timestamp } = at
  const entry: Entry = { seq, command_id, actor, command_type, kind, changes, result, timestamp }
  if (label !== undefined) entry.label = label
  if (target_command_id !== undefined) entry.target_command_id = target_command_id
  const ack: AckSuccess = { ok: true, command_id, seq: at.seq, result }
  if (undo) ack.undo = undo
  if (target_command_id !== undefined) ack.target_command_id = target_command_id
  return { entry, ack }
}

/** The receipt of a task that changes nothing, after the entry `after_seq`. */
export function receiptOf(
  task: Task,
  planned: Extract<Plan, { outcome: 'nothing' }>,
  after_seq: number,
): Receipt {
  const { command_id, payload_hash, actor, kind } = task
  const { result, undo, target_command_id } = planned
  const ack: AckSuccess = { ok: true, command_id, seq: null, result }
  if (undo) ack.undo = undo
  if (target_command_id !== undefined) ack.target_command_id = target_command_id
  const consumes =
    (kind === 'undo' || kind === 'redo') && target_command_id !== undefined
      ? { kind, actor_id: actor.id, target_command_id }
      : null
  return { command_id, payload_hash, after_seq, ack, consumes }
}

/** What a group asks the journal to append after `base_seq`. */
export function batchOf(
  session_id: string,
  base_seq: number,
  group: readonly Pending[],
): AppendBatch {
  const batch: AppendBatch = { session_id, base_seq, commits: [], receipts: [] }
  for (const pending of group) {
    if (pending.outcome === 'receipt') batch.receipts.push(pending.receipt)
    if (pending.outcome !== 'entry') continue
    const { entry, body, task, ack } = pending
    const { seq, command_id } = entry
    const stored = ack.undo ? ack : null
    batch.commits.push({ seq, command_id, payload_hash: task.payload_hash, body, ack: stored })
  }
  return batch
}

/** Whether a refused task may be the retry of one that was executed long ago (rule IDEM1). */
export function mayBeOld(pending: Pending): boolean {
  return pending.outcome === 'refused' && pending.task.chosen
}
