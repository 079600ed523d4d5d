import { randomInt } from 'node:crypto'
import type { Connection } from './sqlite-database.js'
import { JournalLost, sqliteCode } from './sqlite-error.js'

/**
 * Proof, in the database itself, of who writes to it. The lock beside it keeps a second writer out
 * unless somebody deletes the lock's file; then the first one notices, within its next transaction,
 * that the mark is another's.
 */
export type Ownership = {
  /** Throws `JournalLost` when another process has claimed the database. Inside a transaction. */
  check: () => void
  /** Writes the mark once more, which changes nothing. */
  claimAgain: () => void
  /** The same over another connection. */
  on: (connection: Connection) => Ownership
}

/** Claims the database for this process: its mark is the database's `user_version`. */
export function takeOwnership(connection: Connection, file: string): Ownership {
  const mark = randomInt(1, 2 ** 31)
  try {
    connection.exec(`pragma user_version = ${mark}`)
  } catch (error) {
    if (sqliteCode(error) !== 'SQLITE_FULL') throw error
    // What is there can be read. Whoever finds space first leaves a mark of its own.
    return ownershipOf(connection, { file, mark: markIn(connection) })
  }
  return ownershipOf(connection, { file, mark })
}

function markIn(connection: Connection): number {
  const row = connection.prepare('pragma user_version').get() as { user_version: number }
  return row.user_version
}

type Claim = { file: string; mark: number }

function ownershipOf(connection: Connection, claim: Claim): Ownership {
  const { file, mark } = claim
  // Changes when another connection has committed: cheap to ask in every transaction.
  const version = connection.prepare('pragma data_version')
  let known: unknown
  return {
    check() {
      const { data_version } = version.get() as { data_version: number }
      if (data_version === known) return
      if (markIn(connection) !== mark) throw new JournalLost(`Another process writes to ${file}`)
      known = data_version
    },
    claimAgain: () => connection.exec(`pragma user_version = ${mark}`),
    on: (next) => ownershipOf(next, claim),
  }
}
