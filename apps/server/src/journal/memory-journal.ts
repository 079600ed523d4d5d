import type {
  AppendBatch,
  AppendOutcome,
  Commit,
  Journal,
  ProjectRecord,
  Receipt,
  SessionRecord,
  StoredCommand,
} from './journal.js'
import { assertConsecutive, assertSnapshot, judge, type SessionHead } from './rules.js'

type MemorySession = {
  record: SessionRecord
  /** The commit of seq n is at n - 1. */
  commits: Commit[]
  receipts: Receipt[]
  commands: Map<string, StoredCommand>
  snapshot: { seq: number; parts: string[] } | null
}

type MemoryProject = { record: ProjectRecord; document: string[] | undefined }

/** A journal that lasts as long as the process: for tests and for embedding. */
export function createMemoryJournal(): Journal {
  const sessions = new Map<string, MemorySession>()
  const projects = new Map<string, MemoryProject>()

  return {
    async createSession(record) {
      if (sessions.has(record.session_id)) return 'exists'
      sessions.set(record.session_id, {
        record: { ...record },
        commits: [],
        receipts: [],
        commands: new Map(),
        snapshot: null,
      })
      return 'created'
    },

    async loadSession(session_id) {
      const session = sessions.get(session_id)
      if (session === undefined) return undefined
      const { record, commits, receipts, snapshot } = session
      const from = snapshot?.seq ?? 0
      return structuredClone({
        record,
        snapshot,
        entries: commits.slice(from).map(({ body }) => body),
        receipts: receipts.filter(({ after_seq }) => after_seq >= from),
      })
    },

    async listSessions() {
      return [...sessions.values()]
        .map(({ record, commits }) => ({ ...record, seq: commits.length }))
        .sort((a, b) => byAge(a, b) || compare(a.session_id, b.session_id))
    },

    async deleteSession(session_id) {
      return sessions.delete(session_id)
    },

    async append(batches) {
      batches.forEach(assertConsecutive)
      return batches.map((batch) => appendBatch(sessions.get(batch.session_id), batch))
    },

    async entriesAfter(session_id, after_seq, limit) {
      const commits = sessions.get(session_id)?.commits ?? []
      return commits.slice(after_seq, after_seq + limit).map(({ body }) => body)
    },

    async findCommand(session_id, command_id) {
      return structuredClone(sessions.get(session_id)?.commands.get(command_id))
    },

    async writeSnapshot(session_id, seq, parts) {
      const session = sessions.get(session_id)
      if (session === undefined) return
      assertSnapshot(seq, parts, session.commits.length)
      if (seq >= (session.snapshot?.seq ?? 0)) session.snapshot = { seq, parts: [...parts] }
    },

    async createProject(project) {
      if (projects.has(project.project_id)) {
        throw new Error(`Project ${project.project_id} exists already`)
      }
      projects.set(project.project_id, { record: { ...project }, document: undefined })
      const session = sessions.get(project.session_id)
      if (session !== undefined) session.record.project_id = project.project_id
    },

    async getProject(project_id) {
      const project = projects.get(project_id)
      return project && { ...project.record }
    },

    async listProjects() {
      return [...projects.values()]
        .map(({ record }) => withoutEnvelope(record))
        .sort((a, b) => byAge(a, b) || compare(a.project_id, b.project_id))
    },

    async saveProject(project_id, { saved_at, saved_seq, document }) {
      const project = projects.get(project_id)
      if (project === undefined) return false
      Object.assign(project.record, { saved_at, saved_seq })
      project.document = [...document]
      return true
    },

    async savedDocument(project_id) {
      const document = projects.get(project_id)?.document
      return document && [...document]
    },

    async deleteProject(project_id) {
      for (const { record } of sessions.values()) {
        if (record.project_id === project_id) record.project_id = null
      }
      return projects.delete(project_id)
    },

    async ping() {},
    async close() {},
  }
}

function appendBatch(session: MemorySession | undefined, batch: AppendBatch): AppendOutcome {
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
  return outcome
}

function headOf({ commits, commands }: MemorySession): SessionHead {
  return {
    last_seq: commits.length,
    takenAmong: (command_ids) => command_ids.filter((id) => commands.has(id)),
  }
}

function withoutEnvelope(record: ProjectRecord): Omit<ProjectRecord, 'envelope'> {
  const { envelope: _, ...listed } = record
  return listed
}

function byAge(a: { created_at: string }, b: { created_at: string }): number {
  return compare(a.created_at, b.created_at)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
