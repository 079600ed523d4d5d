import { Kysely, SqliteAdapter, SqliteDialect, SqliteDriver, type DatabaseConnection } from 'kysely'
import type { JournalTables } from './schema.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { BYTES_AS_TEXT } from './text-column.js'

/** The journal's tables in a SQLite database. */
export function kyselyOver(database: SqliteDatabase): Kysely<JournalTables> {
  return new Kysely({ dialect: new LibsqlDialect(database), plugins: [BYTES_AS_TEXT] })
}

/** Kysely over libsql, whose interface is that of better-sqlite3. */
class LibsqlDialect extends SqliteDialect {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    super({ database })
    this.#database = database
  }

  override createDriver(): LibsqlDriver {
    return new LibsqlDriver(this.#database)
  }

  override createAdapter(): LibsqlAdapter {
    return new LibsqlAdapter()
  }
}

/** Kysely's driver sends a plain rollback, whose own failure would hide why it was needed. */
class LibsqlDriver extends SqliteDriver {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    super({ database })
    this.#database = database
  }

  override async beginTransaction(_connection: DatabaseConnection): Promise<void> {
    this.#database.begin()
  }

  override async rollbackTransaction(_connection: DatabaseConnection): Promise<void> {
    this.#database.rollback()
  }
}

/** SQLite can roll back a change of the schema; Kysely does not use it by itself. */
class LibsqlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
