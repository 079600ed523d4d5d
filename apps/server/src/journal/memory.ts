import type { Entry } from '@talus/protocol'
import { LONG_BODY, wholeText } from './entry-text.js'
import {
  type AppendBatch,
  type AppendOutcome,
  assertConsecutive,
  assertSnapshotSeq,
  type Commit,
  isForgettable,
  type Journal,
  judge,
  type ListPage,
  mayGo,
  type Member,
  type MemberQueries,
  noParts,
  type ProjectListing,
  type ProjectRecord,
  type Receipt,
  REMEMBERED_RECEIPTS,
  removedAck,
  type SessionHead,
  type SessionRecord,
  type ShareLinkRecord,
  type StoredCommand,
  type Truncation,
} from './journal.js'

type MemoryAccess = {
  begin: (session_id: string, owner: Member | undefined) => void
  forget: (session_id: string) => void
  isMember: (session_id: string, actor_id: string) => boolean
  queries: MemberQueries
}

/** Members and share links in memory: what SQLite does, without a disk. */
function createMemoryAccess(): MemoryAccess {
  const sessions = new Map<string, Map<string, Member>>()
  const links = new Map<string, ShareLinkRecord>()
  const of = (session_id: string) => [...(sessions.get(session_id)?.values() ?? [])]

  const queries: MemberQueries = {
    async members(session_id) {
      return of(session_id)
        .map((member) => ({ ...member }))
        .sort(by(({ added_at, actor_id }) => [added_at, actor_id]))
    },
    async putMember(session_id, member) {
      const members = sessions.get(session_id)
      if (!members) return false
      const { role } = member
      members.set(member.actor_id, { ...(members.get(member.actor_id) ?? member), role })
      return true
    },
    async deleteMember(session_id, actor_id) {
      return sessions.get(session_id)?.delete(actor_id) ?? false
    },
    async sessionsOf(actor_id) {
      const found = [...sessions].flatMap(([session_id, members]) => {
        const member = members.get(actor_id)
        return member ? [{ session_id, role: member.role }] : []
      })
      return found.sort(by(({ session_id }) => [session_id]))
    },
    async createShareLink(link) {
      if (!sessions.has(link.session_id)) return false
      links.set(link.link_id, { ...link })
      return true
    },
    async shareLinks(session_id) {
      return [...links.values()]
        .filter((link) => link.session_id === session_id)
        .map((link) => ({ ...link }))
        .sort(by(({ created_at, link_id }) => [created_at, link_id]))
    },
    async deleteShareLink(session_id, link_id) {
      return links.get(link_id)?.session_id === session_id && links.delete(link_id)
    },
    async findShareLink(token_hash) {
      const link = [...links.values()].find((one) => one.token_hash === token_hash)
      return link && { ...link }
    },
  }
  return {
    begin: (session_id, owner) => {
      sessions.set(session_id, new Map(owner ? [[owner.actor_id, { ...owner }]] : []))
    },
    forget: (session_id) => {
      sessions.delete(session_id)
      for (const link of links.values()) {
        if (link.session_id === session_id) links.delete(link.link_id)
      }
    },
    isMember: (session_id, actor_id) => sessions.get(session_id)?.has(actor_id) ?? false,
    queries,
  }
}

/** Compares by texts, the first that differ. */
function by<T>(keys: (item: T) => string[]) {
  return (a: T, b: T) => {
    const theirs = keys(b)
    for (const [i, key] of keys(a).entries()) {
      const other = theirs[i] ?? ''
      if (key !== other) return key < other ? -1 : 1
    }
    return 0
  }
}

type MemoryProject = { record: ProjectRecord; document: string[] | undefined }

/** A journal that lasts as long as the process: for tests and for embedding. */
export function createMemoryJournal(): Journal {
  const sessions = new Map<string, MemorySession>()
  const projects = new Map<string, MemoryProject>()
  const access = createMemoryAccess()

  return {
    async createSession(record, owner) {
      const { session_id, project_id } = record
      const isBound = ({ record: bound }: MemoryProject) =>
        bound.session_id === session_id && bound.project_id !== project_id
      if (owner && [...projects.values()].some(isBound)) return 'reserved'
      if (sessions.has(record.session_id)) return 'exists'
      sessions.set(record.session_id, {
        record: { ...record },
        created_by: owner?.actor_id,
        commits: [],
        removed: 0,
        receipts: [],
        commands: new Map(),
        snapshot: null,
      })
      access.begin(record.session_id, owner)
      return 'created'
    },

    async loadSession(session_id) {
      const session = sessions.get(session_id)
      if (session === undefined) return undefined
      const { record, commits, removed, receipts, snapshot } = session
      const from = snapshot?.seq ?? 0
      const entries = commits.slice(from - removed).map(({ body }) => body)
      const later = receipts.filter(({ after_seq }) => after_seq >= from)
      return { ...structuredClone({ record, snapshot, receipts: later }), entries }
    },

    async findSession(session_id) {
      const session = sessions.get(session_id)
      return session && { ...session.record, seq: lastSeq(session) }
    },

    async listSessions(page) {
      const all = [...sessions.values()].map((session) => ({
        ...session.record,
        seq: lastSeq(session),
      }))
      return pageOf(all, { page, idOf: (one) => one.session_id, isMember: access.isMember })
    },

    async countCreated(actor_id) {
      return [...sessions.values()].filter(({ created_by }) => created_by === actor_id).length
    },

    async deleteSession(session_id) {
      access.forget(session_id)
      return sessions.delete(session_id)
    },

    async append(batches) {
      batches.forEach(assertConsecutive)
      return batches.map((batch) => appendTo(sessions.get(batch.session_id), batch))
    },

    async entriesAfter(session_id, after_seq, limit, maxChars = Infinity) {
      const { commits, removed } = sessions.get(session_id) ?? { commits: [], removed: 0 }
      const from = after_seq - removed
      const window = commits.slice(Math.max(0, from), Math.max(0, from + limit))
      let chars = 0
      const full = window.findIndex(({ body }) => (chars += body.length) >= maxChars)
      return (full < 0 ? window : window.slice(0, full + 1)).map(({ body }) => body)
    },

    async firstSeq(session_id) {
      return (sessions.get(session_id)?.removed ?? 0) + 1
    },

    async findCommand(session_id, command_id) {
      return structuredClone(sessions.get(session_id)?.commands.get(command_id))
    },

    async writeSnapshot(session_id, seq, parts) {
      const all: string[] = []
      for await (const part of parts) all.push(part)
      const session = sessions.get(session_id)
      if (session === undefined) return
      if (all.length === 0) throw noParts()
      assertSnapshotSeq(seq, lastSeq(session))
      if (session.snapshot === null || seq > session.snapshot.seq) {
        session.snapshot = { seq, parts: all }
      }
    },

    async truncate(session_id, truncation) {
      const session = sessions.get(session_id)
      return session?.snapshot ? truncateSession(session, session.snapshot.seq, truncation) : 0
    },

    async eraseRemoved() {
      return false
    },

    ...access.queries,

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

    async findProject(project_id) {
      const project = projects.get(project_id)
      return project && withoutEnvelope(project.record)
    },

    async listProjects(page) {
      const all = [...projects.values()].map(({ record }) => withoutEnvelope(record))
      return pageOf(all, { page, idOf: (one) => one.project_id, isMember: access.isMember })
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

    async size() {
      return { staged: 0, bytes: 0 }
    },
    async ping() {},
    async close() {},
  }
}

function withoutEnvelope(record: ProjectRecord): ProjectListing {
  const { envelope: _, ...listed } = record
  return listed
}

type Things<T> = {
  page: ListPage | undefined
  idOf: (thing: T) => string
  isMember: (session_id: string, actor_id: string) => boolean
}

/** One page of a list, oldest first. */
function pageOf<T extends { session_id: string; created_at: string }>(
  things: T[],
  { page = { limit: Infinity }, idOf, isMember }: Things<T>,
): T[] {
  const { of, after, limit } = page
  const isMine = ({ session_id }: T) =>
    !of || of.session_ids.includes(session_id) || isMember(session_id, of.actor_id)
  const isLater = (thing: T) =>
    !after || (compare(thing.created_at, after.created_at) || compare(idOf(thing), after.id)) > 0
  return things
    .filter((thing) => isMine(thing) && isLater(thing))
    .sort((a, b) => compare(a.created_at, b.created_at) || compare(idOf(a), idOf(b)))
    .slice(0, limit)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** A session of the journal in memory. */
type MemorySession = {
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
function appendTo(session: MemorySession | undefined, batch: AppendBatch): AppendOutcome {
  const outcome = judge(batch, session && headOf(session))
  if (session === undefined || !outcome.ok) return outcome
  for (const { body, ...rest } of batch.commits) {
    const commit = { ...structuredClone(rest), body }
    session.commits.push(commit)
    const stored = body.length > LONG_BODY ? undefined : wholeText(body)
    session.commands.set(commit.command_id, { ...commit, body: stored })
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

function lastSeq({ commits, removed }: MemorySession): number {
  return removed + commits.length
}

function headOf(session: MemorySession): SessionHead {
  return {
    last_seq: lastSeq(session),
    takenAmong: (command_ids) => command_ids.filter((id) => session.commands.has(id)),
  }
}

/** Removes what may go, up to the snapshot; gives how many went. */
function truncateSession(
  session: MemorySession,
  snapshot_seq: number,
  truncation: Truncation,
): number {
  const oldest = session.commits.slice(0, truncation.limit)
  const allowed = { ...truncation, last_seq: lastSeq(session), snapshot_seq }
  const stays = oldest.findIndex((commit) => !mayGo(commit, allowed))
  const going = stays < 0 ? oldest : oldest.slice(0, stays)
  for (const commit of going) {
    const { seq, command_id, payload_hash } = commit
    const ack = removedAck(commit, JSON.parse(wholeText(commit.body)) as Entry)
    session.commands.set(command_id, { command_id, payload_hash, seq, body: null, ack })
  }
  session.commits.splice(0, going.length)
  session.removed += going.length
  return going.length
}
