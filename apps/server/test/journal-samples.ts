import type {
  AppendBatch,
  Commit,
  ProjectRecord,
  Receipt,
  SessionRecord,
} from '../src/journal/journal.js'

/** A session of that name, one of the journal tests' usual contents. */
export function session(
  session_id: string,
  created_at = '2026-01-01T00:00:00.000Z',
): SessionRecord {
  return {
    session_id,
    epoch: `epoch of ${session_id}`,
    template_id: 't',
    project_id: null,
    created_at,
  }
}

/** A commit whose body is short. */
type ShortCommit = Commit & { body: string }

export function commit(seq: number, command_id = `c${seq}`): ShortCommit {
  const body = JSON.stringify({ seq, command_id, text: 'é\u0000"\ud83d\ude00' })
  return { seq, command_id, payload_hash: `hash of ${command_id}`, body, ack: null }
}

export function receipt(after_seq: number, command_id: string): Receipt {
  const ack = { ok: true as const, command_id, seq: null, result: { nothing: 'changed' } }
  return { command_id, payload_hash: `hash of ${command_id}`, after_seq, ack, consumes: null }
}

/** `count` commits on top of `base_seq`. */
export function batch(
  session_id: string,
  base_seq: number,
  count = 1,
): AppendBatch & { commits: ShortCommit[] } {
  const commits = Array.from({ length: count }, (_, i) => commit(base_seq + 1 + i))
  return { session_id, base_seq, commits, receipts: [] }
}

export function bodies(from_seq: number, to_seq: number): string[] {
  return Array.from({ length: to_seq - from_seq + 1 }, (_, i) => commit(from_seq + i).body)
}

export function project(project_id: string, session_id: string): ProjectRecord {
  return {
    project_id,
    project_name: `Project "${project_id}"`,
    template_id: null,
    session_id,
    created_at: `2026-01-01T00:00:00.000Z`,
    saved_at: null,
    saved_seq: null,
    envelope: '{"version":1}',
  }
}
