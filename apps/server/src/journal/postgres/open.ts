import { type SharedJournal, StorageError } from '../journal.js'
import { Log, PATIENCE_MS } from './append.js'
import { PostgresDatabase } from './connection.js'
import { historyOf } from './history.js'
import { membersOf, sessionsOf } from './sessions.js'
import { projectsOf } from './projects.js'
import { Removal } from './removal.js'
import { prepareSchema } from './schema.js'
import { sharingOf } from './sharing.js'

export type PostgresOptions = {
  /** `postgres://user:password@host:port/name`, with the parameters of `pg`. */
  url: string
  /** Background work failed. It is retried, and nothing is lost. */
  onFault?: (error: unknown) => void
}

/** Maximum connections of a server for all queries except appends and locks. */
const CONNECTIONS = 8

/** Statement timeout of these in milliseconds. */
const STATEMENT_MS = 10_000

/** Connections for appends: one group at a time, and long texts in parallel. */
const APPENDING = 3

/** Connections for concurrent changes of roles and new projects with a command id, which hold a lock. */
const LOCKING = 4

/**
 * A journal in the schema `talus` of a PostgreSQL database, which several servers may share.
 * Rejects with `StorageError`, and with a `SettingError` when the package `pg` is not installed.
 */
export async function openPostgresJournal({
  url,
  onFault = () => undefined,
}: PostgresOptions): Promise<SharedJournal> {
  const create = (connections: number, statementMs: number) =>
    PostgresDatabase.create({ url, connections, statementMs, onIdleError: onFault })
  const database = await create(CONNECTIONS, STATEMENT_MS)
  const appending = await create(APPENDING, PATIENCE_MS)
  const locking = await create(LOCKING, STATEMENT_MS)
  const end = async () => {
    await Promise.all([database.close(), appending.close(), locking.close()])
  }
  const log = new Log(appending)
  let store_id = ''
  const ping = async () => {
    const proof = await prove(database)
    log.tellTime(proof.now)
    store_id = proof.store_id
  }
  try {
    await prepareSchema(database)
    await ping()
  } catch (error) {
    await end()
    throw error
  }
  const removal = new Removal(database, onFault)
  removal.begin()
  let closing: Promise<void> | undefined
  return {
    ...sessionsOf(database, () => removal.begin()),
    ...membersOf(database),
    ...historyOf(database),
    ...projectsOf(database),
    ...sharingOf(database, locking),
    store_id,
    append: (batches) => log.append(batches),
    eraseRemoved: () => removal.next(),
    async size() {
      const [row] = await database.query<{ bytes: number }>(
        `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'talus' and c.relkind = 'r'`,
      )
      return { staged: 0, bytes: row?.bytes ?? 0 }
    },
    ping,
    async close() {
      closing ??= removal.stop().then(end)
      await closing
    },
  }
}

type Proof = { now: number; store_id: string }

/** Reads the time of the database. Throws `StorageError` unless the database is writable. */
async function prove(database: PostgresDatabase): Promise<Proof> {
  const [row] = await database.query<Proof>(
    `update talus.journal set touched = extract(epoch from clock_timestamp()) * 1000
    returning touched as now, store_id`,
  )
  if (!row) throw new StorageError(`${database.place} has no schema of Talus`)
  return row
}
