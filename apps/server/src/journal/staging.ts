import type { Kysely } from 'kysely'
import type { AppendOutcome } from './journal.js'
import { packGroup, unpackGroup } from './packed-group.js'
import { judge, type SessionHead } from './rules.js'
import type { JournalTables } from './schema.js'
import { settlementWriter, type WriteSettlement } from './settlement-writer.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { SEGMENT, type Amount, type StagedSession } from './staged-session.js'
import { StagedState } from './staged-state.js'
import { stagingStatements, type CommandKey, type StagingStatements } from './staging-statements.js'
import { TakenIds } from './taken-ids.js'

/** Rows, and characters of their groups, that may be staged before they begin to move. */
export type SettleAt = Amount

export type StagingOptions = {
  settleAt?: SettleAt | undefined
  /** Rows cannot be moved to their tables. They are durable, and it is tried again later. */
  onStuck: (error: unknown) => void
}

/**
 * The more is staged, the more moves of each session at a time, and the fewer pages are written for
 * it. A journal of 50 busy sessions takes a tenth more commands than with a quarter of this; with
 * twice as much, no more.
 */
const SETTLE_AT: SettleAt = { rows: 16_000, characters: 16_000_000 }

/**
 * The hot path of the journal. A group of commands becomes durable as one row, whatever sessions it
 * is of: in the tables and their indexes each session has pages of its own, and to write several
 * pages for every command costs more than all the rest. What is staged moves to its tables when
 * there is enough of it to fill pages, a part with every append, so that none waits for it.
 */
export class Staging {
  readonly #database: SqliteDatabase
  readonly #statements: StagingStatements
  readonly #write: WriteSettlement
  readonly #taken: TakenIds
  readonly #settleAt: SettleAt
  readonly #onStuck: StagingOptions['onStuck']
  /** Undefined after a failure: what the disk holds is read again. */
  #state: StagedState | undefined
  /** Grows when rows cannot move: it is tried again when there are twice as many. */
  #patience = 1

  constructor(database: SqliteDatabase, db: Kysely<JournalTables>, options: StagingOptions) {
    this.#database = database
    this.#statements = stagingStatements(database, db)
    this.#write = settlementWriter(database, db)
    this.#taken = new TakenIds(this.#statements)
    this.#settleAt = options.settleAt ?? SETTLE_AT
    this.#onStuck = options.onStuck
  }

  /** Makes a packed group durable. One outcome for each batch. */
  append(text: string): AppendOutcome[] {
    let settling = false
    try {
      return this.#change((state) => {
        const { rows, characters } = state
        const outcomes = this.#append(state, text)
        settling = true
        this.#settleDue(state, {
          rows: state.rows - rows,
          characters: state.characters - characters,
        })
        settling = false
        return outcomes
      })
    } catch (error) {
      if (!settling) throw error
      // Damage where one session's rows belong is to stop no other: they can move later.
      this.#patience *= 2
      this.#onStuck(error)
      return this.#change((state) => this.#append(state, text))
    }
  }

  /** Gets to know a part of the ids in the tables. False: it knows them all. */
  learnIds(): boolean {
    return this.#taken.learn()
  }

  /** Moves all that is staged of a session. */
  settle(session_id: string): void {
    const session = this.session(session_id)
    if (session && !session.isSettled) this.#change(() => this.#moveAll(session))
  }

  /** Moves a part of what is staged of a session. True: there is more. */
  settleSome(session_id: string): boolean {
    const session = this.session(session_id)
    if (!session || session.isSettled) return false
    this.#change(() => this.#move(session))
    return !session.isSettled
  }

  /** Of the group that was staged last. */
  get lastId(): number {
    return this.#current().lastId
  }

  /** Moves a part of the groups up to this one, whatever is due. True: there is more of them. */
  clearThrough(id: number): boolean {
    if ((this.#current().firstId ?? Infinity) > id) return false
    this.#change((state) => {
      state.round ??= { through: state.lastId, sessions: state.unsettled() }
      this.#settleDue(state, { rows: 0, characters: 0 })
    })
    return true
  }

  /** Moves everything, and leaves no group. */
  settleAll(): void {
    if (this.#current().isEmpty) return
    this.#change((state) => {
      for (const session of state.unsettled()) this.#moveAll(session)
      this.#trim(state, state.lastId)
    })
  }

  /** What is known of a session; undefined if there is no such session. */
  session(session_id: string): StagedSession | undefined {
    return this.#current().session(session_id)
  }

  /** How many entries and receipts are in the groups that are staged. */
  get rows(): number {
    return this.#current().rows
  }

  /** Sessions of which something is staged. */
  unsettled(): StagedSession[] {
    return this.#current().unsettled()
  }

  /** Lets `work` change a session's rows past this; nothing of it may be staged, unless it goes. */
  async past<T>(session_id: string, work: () => Promise<T>): Promise<T> {
    try {
      const done = await work()
      this.#state?.forget(session_id)
      return done
    } catch (error) {
      this.#state = undefined
      throw error
    }
  }

  #current(): StagedState {
    this.#state ??= new StagedState(this.#statements)
    return this.#state
  }

  #change<T>(work: (state: StagedState) => T): T {
    const state = this.#current()
    try {
      return this.#database.transaction(() => work(state))
    } catch (error) {
      this.#state = undefined
      throw error
    }
  }

  #append(state: StagedState, text: string): AppendOutcome[] {
    const batches = unpackGroup(text)
    const taken = new Set(this.#taken.among(batches).map(keyOf))
    const id = state.lastId + 1
    const outcomes = batches.map((batch) => {
      const session = state.session(batch.session_id)
      const outcome = judge(batch, session && headOf(session, taken))
      if (outcome.ok) session?.stage(id, batch)
      return outcome
    })
    const accepted = batches.filter((_, i) => outcomes[i]?.ok)
    if (accepted.length > 0) {
      const group = accepted.length === batches.length ? text : packGroup(accepted)
      this.#statements.insert(id, group)
      state.add({ id, text: group, batches: accepted })
    }
    return outcomes
  }

  /** Moves a part of what is due: more than was `added`, so that a round comes to its end. */
  #settleDue(state: StagedState, added: Amount): void {
    if (!state.round && !this.#isDue(state)) return
    const round = (state.round ??= { through: state.lastId, sessions: state.unsettled() })
    const left = {
      rows: Math.max(SEGMENT.rows, 2 * added.rows),
      characters: Math.max(SEGMENT.characters, 2 * added.characters),
    }
    while (left.rows > 0 && left.characters > 0) {
      const session = round.sessions.at(-1)
      if (!session) return this.#trim(state, round.through)
      if (session.isSettled) round.sessions.pop()
      else {
        const moved = this.#move(session)
        left.rows -= moved.rows
        left.characters -= moved.characters
      }
    }
  }

  #isDue({ rows, characters }: StagedState): boolean {
    const { rows: maxRows, characters: maxCharacters } = this.#settleAt
    return rows > maxRows * this.#patience || characters > maxCharacters * this.#patience
  }

  #moveAll(session: StagedSession): void {
    while (!session.isSettled) this.#move(session)
  }

  #move(session: StagedSession): Amount {
    const { moved, ...settlement } = session.settle()
    this.#write(settlement)
    this.#taken.add(settlement.commits)
    this.#taken.add(settlement.receipts)
    return moved
  }

  #trim(state: StagedState, through: number): void {
    this.#statements.trim(through)
    state.trim(through)
    this.#patience = 1
  }
}

function keyOf([session_id, command_id]: CommandKey): string {
  return `${session_id} ${command_id}`
}

function headOf(session: StagedSession, taken: ReadonlySet<string>): SessionHead {
  const { session_id, last_seq } = session
  const isTaken = (id: string) => session.has(id) || taken.has(keyOf([session_id, id]))
  return { last_seq, takenAmong: (ids) => ids.filter(isTaken) }
}
