import type { PackedBatch } from './packed-group.js'
import { StagedSession } from './staged-session.js'
import type { StagedGroup, StagingStatements } from './staging-statements.js'

/** Sessions whose ends are remembered although nothing of them is staged. */
const REMEMBERED = 10_000

/** What is staged of these sessions moves; then the groups up to `through` can go. */
type Round = { through: number; sessions: StagedSession[] }

/** What the worker knows of the groups that are staged, and of their sessions. */
export class StagedState {
  readonly #statements: StagingStatements
  readonly #sessions = new Map<string, StagedSession>()
  #groups: { id: number; rows: number; characters: number }[] = []
  /** Ids only grow, so that a session knows which groups its rows are of. */
  lastId: number
  /** Of the groups that are staged, and the characters of their text. */
  rows = 0
  characters = 0
  /** Under way, a part at a time. */
  round: Round | undefined

  /** Reads what the disk holds. Throws `StorageError` when a group is damaged. */
  constructor(statements: StagingStatements) {
    this.#statements = statements
    this.lastId = statements.lastId()
    for (const group of statements.groups()) {
      for (const batch of group.batches) this.#restage(group.id, batch)
      this.add(group)
    }
  }

  /** Undefined if there is no such session. */
  session(session_id: string): StagedSession | undefined {
    const known = this.#sessions.get(session_id)
    if (known) return known
    const head = this.#statements.head(session_id)
    if (!head) return undefined
    if (this.#sessions.size >= REMEMBERED) this.#forgetSettled()
    const session = new StagedSession(head)
    this.#sessions.set(session_id, session)
    return session
  }

  /** Sessions of which something is staged. */
  unsettled(): StagedSession[] {
    return [...this.#sessions.values()].filter(({ isSettled }) => !isSettled)
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0
  }

  /** Of the oldest group that is staged; undefined when none is. */
  get firstId(): number | undefined {
    return this.#groups[0]?.id
  }

  /** The session's rows were changed by others: where they end is read again. */
  forget(session_id: string): void {
    this.#sessions.delete(session_id)
    const { round } = this
    if (round) round.sessions = round.sessions.filter((one) => one.session_id !== session_id)
  }

  /** Counts a group whose batches the sessions have. */
  add({ id, text, batches }: StagedGroup): void {
    let rows = 0
    for (const { commits, receipts } of batches) rows += commits.length + receipts.length
    this.#groups.push({ id, rows, characters: text.length })
    this.rows += rows
    this.characters += text.length
    this.lastId = Math.max(this.lastId, id)
  }

  /** The groups up to this one are gone. */
  trim(through: number): void {
    this.round = undefined
    const gone = this.#groups.filter(({ id }) => id <= through)
    this.#groups = this.#groups.slice(gone.length)
    for (const { rows, characters } of gone) {
      this.rows -= rows
      this.characters -= characters
    }
  }

  #restage(id: number, batch: PackedBatch): void {
    const session = this.session(batch.session_id)
    // Of a deleted session there is nothing to keep.
    if (session) session.stage(id, batch)
    else this.#statements.expectNone(batch.session_id)
  }

  #forgetSettled(): void {
    for (const [session_id, { isSettled }] of this.#sessions) {
      if (isSettled) this.#sessions.delete(session_id)
    }
  }
}
