import type { Kysely } from 'kysely'
import type { JournalTables } from './schema.js'
import type { SqliteDatabase } from './sqlite-database.js'
import { StagedState } from './staged-state.js'
import { stagingStatements } from './staging-statements.js'

/**
 * Temporary tables of one connection, and views over them that stand for the tables of the same
 * name: SQLite looks there first. When something of a session has moved to the tables meanwhile, it
 * ends where they do.
 */
const VIEWS = `
  create temp table staged_segments as select * from main.segments where false;
  create temp table staged_receipts as select * from main.receipts where false;
  create temp view segments as
    select * from main.segments union all
    select * from staged_segments staged
    where not exists (select 1 from main.segments s
      where s.session_id = staged.session_id and s.last_seq >= (
        select min(first.first_seq) from staged_segments first
        where first.session_id = staged.session_id));
  create temp view receipts as
    select * from main.receipts union all
    select * from staged_receipts staged
    where not exists (select 1 from main.receipts r
      where r.session_id = staged.session_id and r.command_id = staged.command_id);
`

type Row = { [column: string]: string | number | null }

/** Lets a connection that only reads see what is staged as if it were in its tables. */
export function showStaged(database: SqliteDatabase, db: Kysely<JournalTables>): void {
  const { connection } = database
  connection.exec(VIEWS)
  // One view of the database: between two reads, rows could move.
  connection.exec('begin')
  const state = new StagedState(stagingStatements(database, db))
  for (const session of state.unsettled()) {
    while (!session.isSettled) {
      const { segment, receipts } = session.settle()
      if (segment) insert(database, 'staged_segments', segment)
      for (const row of receipts) insert(database, 'staged_receipts', row)
    }
  }
  connection.exec('commit')
}

function insert(database: SqliteDatabase, table: string, row: Row): void {
  const columns = Object.keys(row)
  const places = columns.map(() => '?').join()
  const sql = `insert into ${table} (${columns.join()}) values (${places})`
  database.prepare(sql).run(...Object.values(row))
}
