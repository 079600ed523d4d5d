import type { PostgresDatabase, Query } from './connection.js'

/** Rows that one statement removes: it takes some milliseconds, and nobody waits for it. */
const ROWS = 2_000

/**
 * A text that is loose for so long is not being written any more: its server died. What was released
 * is loose from then on, and may still be read by a transaction that began before.
 */
const LOOSE_FOR = `interval '1 hour'`

/** Removes what deleted sessions and texts have left, some rows at a time. */
export class Removal {
  readonly #database: PostgresDatabase
  readonly #onFault: (error: unknown) => void
  #running: Promise<void> | undefined
  #stopping = false

  constructor(database: PostgresDatabase, onFault: (error: unknown) => void) {
    this.#database = database
    this.#onFault = onFault
  }

  /** Removes everything that is to go, beside whatever else happens. What fails is tried again later. */
  begin(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  /** Removes a part. True: there may be more. */
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
