import type { AppendOutcome, Journal } from './journal.js'
import { renewEpochs } from './epochs.js'
import { migrate } from './migrations.js'
import { overStaging, snapshotsOverStaging } from './over-staging.js'
import { packGroup } from './packed-group.js'
import { Erasure } from './erasure.js'
import { journalQueries, type JournalQueries } from './queries.js'
import { assertConsecutive } from './rules.js'
import { bytesOf, type SqliteDatabase } from './sqlite-database.js'
import { snapshotQueries } from './snapshot-queries.js'
import { inSteps, type SnapshotSteps } from './snapshot-steps.js'
import { kyselyOver } from './sqlite-dialect.js'
import { Staging, type StagingOptions } from './staging.js'

/**
 * `served` is what a worker is asked for: the journal with the steps of its `writeSnapshot` beside
 * it. `appendGroup` is its `append` for batches that are packed already. `learnIds` makes appends
 * cheaper, a little with each call, until it answers false.
 */
export type SqliteStore = {
  journal: Journal
  served: Journal & SnapshotSteps
  appendGroup: (group: string) => AppendOutcome[]
  learnIds: () => boolean
}

/**
 * The journal in a SQLite database, on the calling thread: it blocks while the disk works. Calls
 * must not overlap, since all share one connection. Errors are those of SQLite.
 */
export async function createSqliteStore(
  database: SqliteDatabase,
  options: StagingOptions,
): Promise<SqliteStore> {
  const db = kyselyOver(database)
  await migrate(db)
  if (database.isOlder) await renewEpochs(db)
  const staging = new Staging(database, db, options)
  // Throws when something that is staged is damaged.
  staging.unsettled()
  const steps = snapshotsOverStaging(snapshotQueries(db), staging)
  const erasure = new Erasure(database, staging)
  const journal: Journal = {
    ...erasing(overStaging(journalQueries(db), staging), erasure),
    async eraseRemoved() {
      return erasure.next()
    },
    writeSnapshot: inSteps(steps),
    async append(batches) {
      batches.forEach(assertConsecutive)
      return staging.append(packGroup(batches))
    },
    async size() {
      return { staged: staging.rows, bytes: bytesOf(database) }
    },
    async ping() {
      database.prepare('select 1').all()
    },
    async close() {
      try {
        staging.settleAll()
      } catch (error) {
        // Nothing is lost: the next to open it moves them.
        options.onStuck(error)
      }
      database.close()
    },
  }
  return {
    journal,
    served: { ...journal, ...steps },
    appendGroup: (group) => staging.append(group),
    learnIds: () => staging.learnIds(),
  }
}

/** Whatever removes content for good has it overwritten later. */
function erasing(queries: JournalQueries, erasure: Erasure): JournalQueries {
  return {
    ...queries,
    async truncate(session_id, truncation) {
      const removed = await queries.truncate(session_id, truncation)
      if (removed > 0) erasure.due()
      return removed
    },
    async deleteSession(session_id) {
      erasure.due()
      return await queries.deleteSession(session_id)
    },
    async deleteProject(project_id) {
      erasure.due()
      return await queries.deleteProject(project_id)
    },
  }
}
