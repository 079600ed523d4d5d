import type { AckSuccess, Entry } from '@talus/protocol'
import type { AppendBatch, AppendOutcome, Commit, Receipt, Truncation } from './journal.js'

// What every implementation of the journal refuses, so that they refuse alike.

/** Throws when the seqs do not follow `base_seq` one by one: a bug of the caller, not a conflict. */
export function assertConsecutive({ session_id, base_seq, commits }: AppendBatch): void {
  let expected = base_seq
  for (const { seq } of commits) {
    expected += 1
    if (seq !== expected) {
      throw new RangeError(`Session ${session_id}: commit has seq ${seq} instead of ${expected}`)
    }
  }
}

/** What the journal holds of the batch's session; `undefined` stands for no such session. */
export type SessionHead = { last_seq: number; takenAmong: (command_ids: string[]) => string[] }

type Named = { command_id: string }

/** What of a batch counts when it is judged. */
type Judged = Pick<AppendBatch, 'base_seq'> & { commits: Named[]; receipts: Named[] }

/**
 * Whether the batch may be appended. A conflict is told before duplicates: who is behind the
 * journal has to catch up first, and may find its own command there.
 */
export function judge(batch: Judged, head: SessionHead | undefined): AppendOutcome {
  if (head === undefined) return { ok: false, reason: 'unknown-session' }
  if (head.last_seq !== batch.base_seq) return { ok: false, reason: 'conflict' }
  const command_ids = commandIds(batch)
  const taken = new Set([...head.takenAmong(command_ids), ...repeated(command_ids)])
  if (taken.size === 0) return { ok: true }
  return { ok: false, reason: 'duplicate', command_ids: [...taken] }
}

function commandIds({ commits, receipts }: Judged): string[] {
  return [...commits, ...receipts].map(({ command_id }) => command_id)
}

function repeated(command_ids: string[]): string[] {
  const seen = new Set<string>()
  return command_ids.filter((id) => seen.has(id) || !seen.add(id))
}

/** A snapshot without parts could not be told from none. */
export function noParts(): RangeError {
  return new RangeError('A snapshot has at least one part')
}

/** Throws when a snapshot is of a state that is not durable. */
export function assertSnapshotSeq(seq: number, last_seq: number): void {
  if (seq > last_seq)
    throw new RangeError(`Snapshot at seq ${seq}, the journal ends at ${last_seq}`)
}

type Allowed = Omit<Truncation, 'limit'> & { last_seq: number; snapshot_seq: number }

/** Whether an entry may be removed: never the last one, nor one that no snapshot covers. */
export function mayGo({ seq, body }: Pick<Commit, 'seq' | 'body'>, allowed: Allowed): boolean {
  const { before_seq, before_time, last_seq, snapshot_seq } = allowed
  if (seq >= before_seq || seq >= last_seq || seq > snapshot_seq) return false
  return before_time === undefined || (JSON.parse(body) as Entry).timestamp < before_time
}

/** Commands of a session that changed nothing and are remembered at least (rule IDEM6). */
export const REMEMBERED_RECEIPTS = 10_000

/** Whether a receipt may be forgotten: nothing but a retry of its command would ask for it. */
export function isForgettable({ consumes }: Receipt): boolean {
  return consumes === null
}

/** What answers a retry of a command whose entry was removed. */
export function removedAck({ seq, command_id, ack }: Removed, entry: Entry): AckSuccess {
  return ack ?? { ok: true, command_id, seq, result: entry.result ?? null }
}

type Removed = Pick<Commit, 'seq' | 'command_id' | 'ack'>
