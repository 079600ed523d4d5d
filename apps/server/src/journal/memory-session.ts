import type { Entry } from '@talus/protocol'
import type {
  AppendBatch,
  AppendOutcome,
  Commit,
  Receipt,
  SessionRecord,
  StoredCommand,
  Truncation,
} from './journal.js'
import {
  isForgettable,
  judge,
  mayGo,
  REMEMBERED_RECEIPTS,
  removedReceipt,
  type SessionHead,
} from './rules.js'

/** A session of the journal in memory. */
export type MemorySession = {
  record: SessionRecord
  created_by: string | undefined
  /** The commit of seq n is at n - 1 - removed. */
  commits: Commit[]
  /** How many of the oldest commits were removed. */
  removed: number
  receipts: Receipt[]
  commands: Map<string, StoredCommand>
  snapshot: { seq: number; parts: string[] } | null
}

/** Appends a batch, or nothing of it. */
export function appendTo(session: MemorySession | undefined, batch: AppendBatch): AppendOutcome {
  const outcome = judge(batch, session && headOf(session))
  if (session === undefined || !outcome.ok) return outcome
  for (const commit of structuredClone(batch.commits)) {
    session.commits.push(commit)
    session.commands.set(commit.command_id, commit)
  }
  for (const receipt of structuredClone(batch.receipts)) {
    session.receipts.push(receipt)
    const { command_id, payload_hash, ack } = receipt
    session.commands.set(command_id, { command_id, payload_hash, seq: null, body: null, ack })
  }
  if (session.receipts.length > 2 * REMEMBERED_RECEIPTS) forgetReceipts(session)
  return outcome
}

/** Forgets the oldest commands that changed nothing (rule IDEM6). */
function forgetReceipts(session: MemorySession): void {
  const forgettable = session.receipts.filter(isForgettable)
  const going = new Set(forgettable.slice(0, -REMEMBERED_RECEIPTS))
  session.receipts = session.receipts.filter((receipt) => !going.has(receipt))
  for (const { command_id } of going) session.commands.delete(command_id)
}

export function lastSeq({ commits, removed }: MemorySession): number {
  return removed + commits.length
}

function headOf(session: MemorySession): SessionHead {
  return {
    last_seq: lastSeq(session),
    takenAmong: (command_ids) => command_ids.filter((id) => session.commands.has(id)),
  }
}

/** Removes what may go, up to the snapshot; gives how many went. */
export function truncateSession(
  session: MemorySession,
  snapshot_seq: number,
  truncation: Truncation,
): number {
  const oldest = session.commits.slice(0, truncation.limit)
  const allowed = { ...truncation, last_seq: lastSeq(session), snapshot_seq }
  const stays = oldest.findIndex((commit) => !mayGo(commit, allowed))
  const going = stays < 0 ? oldest : oldest.slice(0, stays)
  for (const commit of going) {
    const receipt = removedReceipt(commit, JSON.parse(commit.body) as Entry)
    session.receipts.push(receipt)
    const { seq, command_id, payload_hash } = commit
    session.commands.set(command_id, {
      command_id,
      payload_hash,
      seq,
      body: null,
      ack: receipt.ack,
    })
  }
  session.commits.splice(0, going.length)
  session.removed += going.length
  return going.length
}
