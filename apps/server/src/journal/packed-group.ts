import type { AppendBatch, AppendOutcome, Commit, Receipt } from './journal.js'

/** A commit as it is stored: its acknowledgement is JSON. */
export type PackedCommit = Omit<Commit, 'ack'> & { ack: string | null }

export type PackedBatch = Omit<AppendBatch, 'commits'> & { commits: PackedCommit[] }

/** Null: all batches were appended. */
export type PackedOutcomes = AppendOutcome[] | null

type Head = [
  session_id: string,
  base_seq: number,
  commits: [command_id: string, payload_hash: string, ack: string | null][],
  receipts: Receipt[],
]

function headOf({ session_id, base_seq, commits, receipts }: PackedBatch | AppendBatch): Head {
  return [
    session_id,
    base_seq,
    commits.map(({ command_id, payload_hash, ack }) => [
      command_id,
      payload_hash,
      typeof ack === 'object' && ack !== null ? JSON.stringify(ack) : ack,
    ]),
    receipts,
  ]
}

/**
 * Batches as one text, in which they travel to the worker and rest in the database: a line of JSON
 * that tells whose they are, then one line for each entry. JSON has no line breaks of its own. One
 * string is copied from thread to thread at once; objects would be copied key by key.
 */
export function packGroup(batches: readonly (PackedBatch | AppendBatch)[]): string {
  const lines = [JSON.stringify(batches.map(headOf))]
  for (const { commits } of batches) {
    for (const { body } of commits) lines.push(body)
  }
  return lines.join('\n')
}

export function unpackGroup(text: string): PackedBatch[] {
  const [first = '[]', ...bodies] = text.split('\n')
  let at = 0
  return (JSON.parse(first) as Head[]).map(([session_id, base_seq, heads, receipts]) => {
    const commits = heads.map(([command_id, payload_hash, ack], i) => {
      const body = bodies[at++] ?? ''
      return { seq: base_seq + 1 + i, command_id, payload_hash, body, ack }
    })
    return { session_id, base_seq, commits, receipts }
  })
}

/** Commits of one session, at least one, in the form of a group. */
export function packSegment(session_id: string, commits: PackedCommit[]): string {
  const base_seq = (commits[0]?.seq ?? 0) - 1
  return packGroup([{ session_id, base_seq, commits, receipts: [] }])
}

export function unpackSegment(text: string): PackedCommit[] {
  return unpackGroup(text).flatMap(({ commits }) => commits)
}

export function packOutcomes(outcomes: AppendOutcome[]): PackedOutcomes {
  return outcomes.every((outcome) => outcome.ok) ? null : outcomes
}

export function unpackOutcomes(packed: PackedOutcomes, count: number): AppendOutcome[] {
  return packed ?? Array.from({ length: count }, () => ({ ok: true }))
}
