import type { PostgresDatabase, Query } from './connection.js'

/** Rows removed by one statement, which takes a few milliseconds in the background. */
const ROWS = 2_000

/**
 * After this time, a loose text is no longer being written: its server died. Released texts become
 * loose too, and may still be read by a transaction that started before.
 */
const LOOSE_FOR = `interval '1 hour'`

/** Removes the rows of deleted sessions and unused texts, some at a time. */
export class Removal {
  readonly #database: PostgresDatabase
  readonly #onFault: (error: unknown) => void
  #running: Promise<void> | undefined
  #stopping = false

  constructor(database: PostgresDatabase, onFault: (error: unknown) => void) {
    this.#database = database
    this.#onFault = onFault
  }

  /** Starts removing in the background. The next call retries after a failure. */
  begin(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  /** Removes some rows. True: there may be more. */
  async next(): Promise<boolean> {
    const { query } = this.#database
    return (await removeHistory(query)) || (await removeTexts(query))
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopping && (await this.next()));
    } catch (error) {
      this.#onFault(error)
    }
  }
}

async function removeHistory(query: Query): Promise<boolean> {
  const [gone] = await query<{ session: number }>('select session from talus.gone limit 1')
  if (!gone) return false
  const removed = await query(
    `delete from talus.log where id in (select id from talus.log where session = $1 limit ${ROWS})
    returning 1`,
    [gone.session],
  )
  if (removed.length === 0) await query('delete from talus.gone where session = $1', [gone.session])
  return true
}

async function removeTexts(query: Query): Promise<boolean> {
  const removed = await query(
    `with going as (
      select text from talus.loose where since < now() - ${LOOSE_FOR} limit 20 for update skip locked),
    parts as (delete from talus.parts where text in (select text from going))
    delete from talus.loose where text in (select text from going) returning 1`,
  )
  return removed.length > 0
}
