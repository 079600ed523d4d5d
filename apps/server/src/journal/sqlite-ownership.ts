import { randomInt } from 'node:crypto'
import type { Connection } from './sqlite-database.js'
import { JournalLost } from './sqlite-error.js'

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
  connection.exec(`pragma user_version = ${mark}`)
  return ownershipOf(connection, { file, mark })
}

type Claim = { file: string; mark: number }

function ownershipOf(connection: Connection, claim: Claim): Ownership {
  const { file, mark } = claim
  // Changes when another connection has committed: cheap to ask in every transaction.
  const version = connection.prepare('pragma data_version')
  const owner = connection.prepare('pragma user_version')
  let known: unknown
  return {
    check() {
      const { data_version } = version.get() as { data_version: number }
      if (data_version === known) return
      const { user_version } = owner.get() as { user_version: number }
      if (user_version !== mark) throw new JournalLost(`Another process writes to ${file}`)
      known = data_version
    },
    claimAgain: () => connection.exec(`pragma user_version = ${mark}`),
    on: (next) => ownershipOf(next, claim),
  }
}
