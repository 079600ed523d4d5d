import { wholeText } from '../entry-text.js'
import type { AppendBatch, AppendOutcome, Commit, Receipt } from '../journal.js'
import type { TextRef } from './texts.js'

/** A commit as it is stored: its acknowledgement is JSON, its body may be kept in parts already. */
export type PackedCommit = Omit<Commit, 'ack' | 'body'> & {
  ack: string | null
  body: string
  text: TextRef | null
}

export type PackedBatch = Omit<AppendBatch, 'commits'> & { commits: PackedCommit[] }

/** Null: all batches were appended. */
export type PackedOutcomes = AppendOutcome[] | null

type Head = [
  session_id: string,
  base_seq: number,
  commits: [command_id: string, payload_hash: string, ack: string | null, text: TextRef | null][],
  receipts: Receipt[],
]

/** The long bodies among those of a group, where they are kept in parts. */
export type LongBodies = ReadonlyMap<Commit, TextRef>

/**
 * Batches as one text, in which they travel to the thread that writes: a line of JSON that tells
 * whose they are, then one line for each entry. JSON has no line breaks of its own. One string is
 * copied from thread to thread at once; objects would be copied key by key.
 */
export function packGroup(batches: readonly AppendBatch[], long: LongBodies): string {
  const heads = batches.map(({ session_id, base_seq, commits, receipts }): Head => {
    const packed = commits.map((commit): Head[2][number] => {
      const { command_id, payload_hash, ack } = commit
      return [command_id, payload_hash, ack && JSON.stringify(ack), long.get(commit) ?? null]
    })
    return [session_id, base_seq, packed, receipts]
  })
  const lines = [JSON.stringify(heads)]
  for (const { commits } of batches) {
    for (const commit of commits) lines.push(long.has(commit) ? '' : wholeText(commit.body))
  }
  return lines.join('\n')
}

export function unpackGroup(text: string): PackedBatch[] {
  const [first = '[]', ...bodies] = text.split('\n')
  let at = 0
  return (JSON.parse(first) as Head[]).map(([session_id, base_seq, heads, receipts]) => {
    const commits = heads.map(([command_id, payload_hash, ack, long], i): PackedCommit => {
      const body = bodies[at++] ?? ''
      return { seq: base_seq + 1 + i, command_id, payload_hash, body, ack, text: long }
    })
    return { session_id, base_seq, commits, receipts }
  })
}

export function packOutcomes(outcomes: AppendOutcome[]): PackedOutcomes {
  return outcomes.every((outcome) => outcome.ok) ? null : outcomes
}

export function unpackOutcomes(packed: PackedOutcomes, count: number): AppendOutcome[] {
  return packed ?? Array.from({ length: count }, () => ({ ok: true }))
}
