import { IdFilter } from './id-filter.js'
import type { PackedBatch } from './packed-group.js'
import type { CommandKey, StagingStatements } from './staging-statements.js'

/** Ids that are read at a time: 2 ms. */
const TOGETHER = 2_000

/** So many ids take as long as a query. */
const QUERY = 10

/** `sessions`: those whose ids are to be read yet. `after`: the last that was read of the last one. */
type Progress =
  | { state: 'unread' | 'read' }
  | { state: 'reading'; sessions: string[]; after: string }

/**
 * The ids of commands that are in the tables. Looking one up takes 3 µs, in pages that nothing else
 * would touch, and nearly none is there: a filter in memory says so of all that are new, once it
 * knows every id.
 */
export class TakenIds {
  readonly #statements: StagingStatements
  readonly #filter = new IdFilter()
  #progress: Progress = { state: 'unread' }

  constructor(statements: StagingStatements) {
    this.#statements = statements
  }

  /** These are written to the tables. */
  add(commands: readonly { command_id: string }[]): void {
    for (const { command_id } of commands) this.#filter.add(command_id)
  }

  /** Those of the batches that are in the tables. */
  among(batches: readonly PackedBatch[]): CommandKey[] {
    const keys: CommandKey[] = []
    for (const { session_id, commits, receipts } of batches) {
      for (const commands of [commits, receipts]) {
        for (const { command_id } of commands) {
          if (this.#mayBeTaken(command_id)) keys.push([session_id, command_id])
        }
      }
    }
    return keys.length === 0 ? [] : this.#statements.taken(keys)
  }

  /** Reads a part of the ids that were there before. False: they are all known. */
  learn(): boolean {
    const progress = this.#progress
    if (progress.state === 'unread') {
      // Ids of sessions that come later are added as they are written.
      this.#progress = { state: 'reading', sessions: this.#statements.sessionIds(), after: '' }
    } else if (progress.state === 'reading') {
      this.#read(progress)
    }
    return this.#progress.state !== 'read'
  }

  #read(progress: Progress & { state: 'reading' }): void {
    let left = TOGETHER
    while (left > 0) {
      const session_id = progress.sessions.at(-1)
      if (session_id === undefined) {
        this.#progress = { state: 'read' }
        return
      }
      const ids = this.#statements.idsOf(session_id, progress.after, left)
      for (const id of ids) this.#filter.add(id)
      progress.after = ids.at(-1) ?? ''
      // Fewer than were asked for: it has no more.
      if (ids.length < left) {
        progress.sessions.pop()
        progress.after = ''
      }
      left -= ids.length + QUERY
    }
  }

  #mayBeTaken(command_id: string): boolean {
    return this.#progress.state !== 'read' || this.#filter.mayHave(command_id)
  }
}
