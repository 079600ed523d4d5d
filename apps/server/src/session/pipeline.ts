import type { AckSuccess, Entry, Failure } from '@talus/protocol'
import type { EntryText } from '../journal/entry-text.js'
import type { AppendBatch, Receipt } from '../journal/journal.js'
import type { Draft, Plan } from './planning.js'
import { needsQuiet, type Task, type Waiting } from './task.js'

/**
 * A task that has been planned and waits for durability, in commit order:
 * - `entry`: applied in memory; `takeBack` undoes exactly that.
 * - `receipt`: accepted, changes nothing.
 * - `refused`: told in its place in the order, so that rooms see one sequence.
 */
export type Pending = Waiting & { task: Task; timestamp: string } & (
    | { outcome: 'entry'; entry: Entry; body: EntryText; ack: AckSuccess; takeBack: () => void }
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

/** Commands of a group from which on it is taken in and told in turns of the event loop. */
const MANY = 200

/** Characters of an entry from which on it is taken in and told in turns of the event loop. */
const HEAVY_CHARS = 128 * 1024

/** Of an entry about many nodes there is one at a time: it keeps nobody else from coming in. */
function bytesOf(pending: Pending): number {
  const chars = pending.outcome === 'entry' ? pending.body.length : 0
  return pending.task.bytes + (chars > HEAVY_CHARS ? 0 : chars)
}

type PlannedEntry = Extract<Pending, { outcome: 'entry' }>

/**
 * The tasks of one session on their way, in order: `waiting` cannot be planned yet, `planned` is
 * applied in memory, `inFlight` is being written. Only one group is in flight at a time.
 */
export class Pipeline {
  #waiting: Waiting[] = []
  #planned: Pending[] = []
  #inFlight: Pending[] = []
  #isHeavy = false
  #bytes = 0

  get length(): number {
    return this.#waiting.length + this.#planned.length
  }

  /** What tasks and the small entries that they came to take of memory, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many tasks are planned and not being written yet. */
  get planned(): number {
    return this.#planned.length
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Whether an entry about many nodes is planned or being written: nothing is planned behind it. */
  get isHeavy(): boolean {
    return this.#isHeavy
  }

  /** Whether taking in and telling what is being written takes more than a moment. */
  get isLong(): boolean {
    return this.#isHeavy || this.#inFlight.length > MANY
  }

  /** What is being written now. */
  get inFlight(): readonly Pending[] {
    return this.#inFlight
  }

  wait(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#bytes += waiting.task.bytes
  }

  /** Counts what a task takes that waits elsewhere, as long as `work` is not done. */
  async holding<T>(bytes: number, work: Promise<T>): Promise<T> {
    this.#bytes += bytes
    try {
      return await work
    } finally {
      this.#bytes -= bytes
    }
  }

  /** The next task that can be planned. One that needs quiet holds up those behind it. */
  next(): Waiting | undefined {
    const [first] = this.#waiting
    const busy = this.#planned.length > 0 || this.#inFlight.length > 0
    if (!first || this.#isHeavy || (busy && needsQuiet(first.task))) return undefined
    this.#bytes -= first.task.bytes
    return this.#waiting.shift()
  }

  add(pending: Pending): void {
    this.#planned.push(pending)
    this.#bytes += bytesOf(pending)
    if (pending.outcome === 'entry' && pending.body.length > HEAVY_CHARS) this.#isHeavy = true
  }

  /** Hands over all that is planned, to be written; undefined while a group is in flight. */
  launch(): readonly Pending[] | undefined {
    if (this.#inFlight.length > 0 || this.#planned.length === 0) return undefined
    this.#inFlight = this.#planned
    this.#planned = []
    return this.#inFlight
  }

  /** The group in flight has arrived. */
  land(): Pending[] {
    const landed = this.#inFlight
    // A heavy one is the last that was planned.
    if (this.#planned.length === 0) this.#isHeavy = false
    this.#inFlight = []
    this.#forget(landed)
    return landed
  }

  /** Entries that are in memory and not durable yet, in order. */
  entries(): PlannedEntry[] {
    return [...this.#inFlight, ...this.#planned].filter((p) => p.outcome === 'entry')
  }

  /** The last entry that is in memory and not durable yet. */
  head(): Entry | undefined {
    for (const list of [this.#planned, this.#inFlight]) {
      const last = list.findLast((pending) => pending.outcome === 'entry')
      if (last) return last.entry
    }
    return undefined
  }

  /** Takes back everything that is planned, and gives it. */
  takeBack(): Pending[] {
    const all = [...this.#inFlight, ...this.#planned]
    for (const entry of this.entries().toReversed()) entry.takeBack()
    this.#inFlight = []
    this.#planned = []
    this.#isHeavy = false
    this.#forget(all)
    return all
  }

  /** Puts tasks that were taken back before those that wait. */
  requeue(tasks: readonly Waiting[]): void {
    const again = tasks.map(({ task, settle, announced }) => ({ task, settle, announced }))
    this.#waiting = [...again, ...this.#waiting]
    for (const { task } of again) this.#bytes += task.bytes
  }

  /** Gives up on everything that waits, and gives it. */
  abandon(): Waiting[] {
    const all = this.#waiting
    this.#waiting = []
    for (const { task } of all) this.#bytes -= task.bytes
    return all
  }

  #forget(landed: readonly Pending[]): void {
    for (const pending of landed) this.#bytes -= bytesOf(pending)
  }
}
