import type { Ack, AckSuccess, Entry, Failure } from '@talus/protocol'
import type { Publication } from '../broadcast/publication.js'
import type { AppendBatch, Receipt } from '../journal/journal.js'
import { errorBody } from './failures.js'
import type { Draft, Plan } from './planning.js'
import { commandRef, type Task, type Waiting } from './task.js'

/**
 * A task that has been planned and waits for durability, in commit order:
 * - `entry`: applied in memory; `takeBack` undoes exactly that.
 * - `receipt`: accepted, changes nothing.
 * - `refused`: told in its place in the order, so that rooms see one sequence.
 */
export type Pending = Waiting & { timestamp: string } & (
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

/** What the room learns when a task is done. Refused undos concern their caller only. */
export function publicationOf(pending: Pending): Publication | undefined {
  const { task, timestamp, announced } = pending
  switch (pending.outcome) {
    case 'entry':
      return { kind: 'committed', entry: pending.entry, body: pending.body, announced }
    case 'receipt': {
      if (task.kind !== 'execute') return undefined
      const { result } = pending.receipt.ack
      return { kind: 'unchanged', command: commandRef(task, timestamp), result, announced }
    }
    case 'refused':
      return failedPublication(pending, pending.failure)
    default:
      return pending satisfies never
  }
}

type Told = Pick<Pending, 'task' | 'timestamp' | 'announced'>

export function failedPublication(told: Told, failure: Failure): Publication | undefined {
  const { task, timestamp, announced } = told
  if (task.kind !== 'execute') return undefined
  const command = commandRef(task, timestamp)
  return { kind: 'failed', command, error: errorBody(failure), announced }
}

/** What ends the announcement of a task that turned out to be an old one. */
export function closingPublication(pending: Pending, ack: Ack): Publication | undefined {
  const { task, timestamp, announced } = pending
  if (task.kind !== 'execute') return undefined
  const command = commandRef(task, timestamp)
  return ack.ok
    ? { kind: 'unchanged', command, result: ack.result, announced }
    : { kind: 'failed', command, error: ack.error, announced }
}

/** What is said of them, in their order. */
export function said<T>(
  all: readonly T[],
  say: (one: T) => Publication | undefined,
): Publication[] {
  const publications: Publication[] = []
  for (const one of all) {
    const publication = say(one)
    if (publication) publications.push(publication)
  }
  return publications
}
