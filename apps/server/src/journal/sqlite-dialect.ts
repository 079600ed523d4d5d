import {
  Kysely,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type SqliteDatabase as KyselyDatabase,
} from 'kysely'
import type { JournalTables } from './schema.js'
import type { SqlValue, SqliteDatabase } from './sqlite-database.js'

/** The journal's tables in a SQLite database. */
export function kyselyOver(database: SqliteDatabase): Kysely<JournalTables> {
  return new Kysely({ dialect: new JournalDialect(database) })
}

/** Kysely's dialect, with transactions that are those of the database. */
class JournalDialect extends SqliteDialect {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    super({ database: forKysely(database) })
    this.#database = database
  }

  override createDriver(): JournalDriver {
    return new JournalDriver(this.#database)
  }

  override createAdapter(): TransactionalAdapter {
    return new TransactionalAdapter()
  }
}

/** Kysely wants parameters in a list, and to know which statements give rows. */
function forKysely(database: SqliteDatabase): KyselyDatabase {
  const { prepare, connection, transaction } = database
  return {
    close: database.close,
    prepare(sql) {
      const statement = prepare(sql)
      return {
        reader: statement.columns().length > 0,
        all: (values) => statement.all(...(values as SqlValue[])),
        run(values) {
          const run = () => statement.run(...(values as SqlValue[]))
          // Also a single statement is written only by whoever owns the database.
          return connection.isTransaction ? run() : transaction(run)
        },
        iterate: (values) => statement.iterate(...(values as SqlValue[])),
      }
    },
  }
}

/** Kysely's driver sends a plain rollback, whose own failure would hide why it was needed. */
class JournalDriver extends SqliteDriver {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    super({ database: forKysely(database) })
    this.#database = database
  }

  override async beginTransaction(): Promise<void> {
    this.#database.begin()
  }

  override async rollbackTransaction(): Promise<void> {
    this.#database.rollback()
  }
}

/** SQLite can roll back a change of the schema; Kysely does not use it by itself. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
