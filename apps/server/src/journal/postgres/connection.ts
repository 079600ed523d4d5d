import type { Pool, PoolClient, PoolConfig } from 'pg'
import { SettingError, StorageError } from '../../errors.js'
import { isAnswer, isRefusedBefore, messageOf } from './errors.js'

/** Timeouts in milliseconds: to connect, for a lock, for an idle transaction. */
const CONNECT_MS = 3_000
const LOCK_MS = 5_000
const IDLE_MS = 15_000

/** The database cancels slow statements itself. Without any answer, it is frozen or unreachable. */
const ANSWER_MS = 500

/** OID of bigint. Numbers here stay far below 2^53. */
const INT8 = 20

/** Parameter types that `pg` can send. */
export type SqlValue = string | number | boolean | null | readonly unknown[] | Buffer

/** A statement. With a `name`, it is prepared once per connection. */
export type Statement = { text: string; values?: readonly SqlValue[]; name?: string }

/** Runs a statement; rejects with `StorageError`. */
export type Query = <Row>(text: string, values?: readonly SqlValue[]) => Promise<Row[]>

/** A failure after which the outcome of a statement is unknown. */
export class Unsure extends StorageError {}

type Options = {
  url: string
  /** Maximum number of connections. */
  connections: number
  /** Statement timeout in milliseconds. */
  statementMs: number
  /** `application_name` of its connections. */
  name?: string
  onIdleError: (error: Error) => void
}

/** The pool of connections to a PostgreSQL database. */
export class PostgresDatabase {
  readonly #pool: Pool
  /** URL of the database without user and password, for messages. */
  readonly place: string
  readonly #patience: number

  private constructor(pool: Pool, place: string, patience: number) {
    this.#pool = pool
    this.place = place
    this.#patience = patience
  }

  /** Does not connect yet. Rejects with a `SettingError` if the package `pg` is not installed. */
  static async create(options: Options): Promise<PostgresDatabase> {
    const { Pool, types } = await loadDriver()
    const { url, connections, statementMs, name = 'talus-server', onIdleError } = options
    const config: PoolConfig = {
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      application_name: name,
      statement_timeout: statementMs,
      lock_timeout: LOCK_MS,
      idle_in_transaction_session_timeout: Math.max(IDLE_MS, statementMs),
      types: {
        getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
          oid === INT8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
      },
    }
    const pool = new Pool(config)
    // An idle connection has ended: the pool opens a new one on demand.
    pool.on('error', onIdleError)
    return new PostgresDatabase(pool, placeOf(url), statementMs + ANSWER_MS)
  }

  /** Runs one statement on any connection. Rejects with `StorageError`; `Unsure`: it may have run. */
  run<Row>(statement: Statement): Promise<Row[]> {
    return this.#using((client) => this.#ask<Row>(client, statement))
  }

  query: Query = (text, values) => this.run({ text, ...(values && { values }) })

  /** Runs statements in a transaction. `Unsure`: it may be committed. */
  transaction<T>(work: (query: Query) => Promise<T>, begin = 'begin'): Promise<T> {
    return this.#using(async (client) => {
      const query: Query = (text, values) => this.#ask(client, { text, ...(values && { values }) })
      await query(begin)
      let result: T
      try {
        result = await work(query)
      } catch (error) {
        // Nothing was committed. A connection whose rollback fails is not used again.
        const { message, cause } = error as Error
        if (error instanceof Unsure) throw new BrokenOff(message, { cause })
        const isOver = await query('rollback').then(
          () => true,
          () => false,
        )
        throw isOver ? error : new BrokenOff(message, { cause })
      }
      await query('commit')
      return result
    })
  }

  /** Several reads in one snapshot of the database. */
  view<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.transaction(work, 'begin isolation level repeatable read read only')
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #using<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect()
    let failure: unknown
    // A broken connection rejects its pending query; without a listener, `error` would also be thrown.
    const ignore = () => undefined
    client.on('error', ignore)
    try {
      return await work(client)
    } catch (error) {
      failure = error
      throw error
    } finally {
      client.off('error', ignore)
      // Do not reuse a connection that did not answer.
      const isBroken = failure instanceof Unsure || failure instanceof BrokenOff
      client.release(isBroken)
    }
  }

  async #ask<Row>(client: PoolClient, { values, ...rest }: Statement): Promise<Row[]> {
    let timer: NodeJS.Timeout | undefined
    const ms = this.#patience
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms`)), ms)
    })
    try {
      const asked = client.query<Row & object>({ ...rest, ...(values && { values: [...values] }) })
      // Ignore an answer that comes too late.
      asked.catch(() => undefined)
      const { rows } = await Promise.race([asked, late])
      return rows
    } catch (cause) {
      const message = messageOf(cause)
      if (isRefusedBefore(cause)) throw new BrokenOff(message, { cause })
      throw isAnswer(cause) ? new StorageError(message, { cause }) : new Unsure(message, { cause })
    } finally {
      clearTimeout(timer)
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (cause) {
      throw new StorageError(`No connection to ${this.place}: ${messageOf(cause)}`, { cause })
    }
  }
}

/** The connection or its transaction ended before the statement ran. */
class BrokenOff extends StorageError {}

async function loadDriver() {
  try {
    const { default: driver } = await import('pg')
    return driver
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'))
      throw cause
    const message = '--database-url (DATABASE_URL) needs the optional package pg: install it'
    throw new SettingError(message, { cause })
  }
}

/** The URL without user and password, `postgres://host:port/name`. */
export function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
