import type { StoredSession } from './journal.js'
import type { JournalQueries } from './queries.js'
import type { SnapshotSteps, TableSteps } from './snapshot-steps.js'
import type { StagedSession } from './staged-session.js'
import type { Staging } from './staging.js'

/** The queries, over the tables and over what is staged beside them. */
export function overStaging(tables: JournalQueries, staging: Staging): JournalQueries {
  return {
    ...tables,

    async loadSession(session_id) {
      const stored = await tables.loadSession(session_id)
      const session = staging.session(session_id)
      return stored && session ? withStaged(stored, session) : stored
    },

    async findSession(session_id) {
      const record = await tables.findSession(session_id)
      const staged = record && staging.session(session_id)
      return staged && !staged.isSettled ? { ...record, seq: staged.last_seq } : record
    },

    async listSessions(page) {
      const staged = new Map(staging.unsettled().map((one) => [one.session_id, one.last_seq]))
      const records = await tables.listSessions(page)
      return records.map((record) => ({
        ...record,
        seq: staged.get(record.session_id) ?? record.seq,
      }))
    },

    async deleteSession(session_id) {
      // What is staged of it stays where it is: a later session of that id begins after it.
      return await staging.past(session_id, () => tables.deleteSession(session_id))
    },

    async entriesAfter(session_id, after_seq, limit, maxChars = Infinity) {
      const bodies = await tables.entriesAfter(session_id, after_seq, limit, maxChars)
      let chars = 0
      for (const body of bodies) chars += body.length
      for (const { seq, body } of staging.session(session_id)?.commits() ?? []) {
        if (chars >= maxChars) break
        if (seq <= after_seq || seq - after_seq > limit) continue
        bodies.push(body)
        chars += body.length
      }
      return bodies
    },

    async findCommand(session_id, command_id) {
      const staged = staging.session(session_id)?.find(command_id)
      return staged ?? (await tables.findCommand(session_id, command_id))
    },

    async truncate(session_id, truncation) {
      staging.settle(session_id)
      return await staging.past(session_id, () => tables.truncate(session_id, truncation))
    },
  }
}

/** The steps of a snapshot, which ends where rows are in the tables. */
export function snapshotsOverStaging(tables: TableSteps, staging: Staging): SnapshotSteps {
  return {
    ...tables,

    async settleSome(session_id) {
      return staging.settleSome(session_id)
    },

    async endSnapshot(session_id, seq) {
      // A session is opened from the snapshot and the entries in the tables after it.
      staging.settle(session_id)
      await tables.endSnapshot(session_id, seq)
    },
  }
}

function withStaged(stored: StoredSession, session: StagedSession): StoredSession {
  const bodies = session.commits().map(({ body }) => body)
  return {
    ...stored,
    entries: [...stored.entries, ...bodies],
    receipts: [...stored.receipts, ...session.receipts()],
  }
}
