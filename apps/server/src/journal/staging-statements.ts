import type { Kysely } from 'kysely'
import { selectHead } from './append-queries.js'
import { stagedDigest } from './chain.js'
import { headMissing, selectSession } from './head-reading.js'
import { StorageError } from './journal.js'
import { unpackGroup, type PackedBatch } from './packed-group.js'
import type { HeadRow, JournalTables } from './schema.js'
import type { SqliteDatabase } from './sqlite-database.js'

/** An id within its session. */
export type CommandKey = readonly [session_id: string, command_id: string]

/** A group of commands as it became durable: some of its batches may be in their tables by now. */
export type StagedGroup = { id: number; text: string; batches: readonly PackedBatch[] }

export type StagingStatements = ReturnType<typeof stagingStatements>

// One parameter for all ids, whatever their number. Joined in this order, each is looked up in the
// index; SQLite would begin with the table.
const TAKEN = `
  select wanted.key as i from json_each(?) wanted cross join command_ids taken
  on taken.session_id = wanted.value ->> 0 and taken.command_id = wanted.value ->> 1`

function selectIds(db: Kysely<JournalTables>, session_id: string, after: string, limit: number) {
  return db
    .selectFrom('command_ids')
    .where('session_id', '=', session_id)
    .where('command_id', '>', after)
    .select('command_id')
    .orderBy('command_id')
    .limit(limit)
}

/** What the staging of groups asks of SQLite, compiled and prepared once. */
export function stagingStatements(database: SqliteDatabase, db: Kysely<JournalTables>) {
  const head = database.prepare(selectHead(db, '').compile().sql)
  const exists = database.prepare(selectSession(db, '').compile().sql)
  const row = { id: 0, body: '', digest: '' }
  const insert = database.prepare(db.insertInto('staged').values(row).compile().sql)
  const trim = database.prepare(db.deleteFrom('staged').where('id', '<=', 0).compile().sql)
  const taken = database.prepare(TAKEN)
  const sessions = database.prepare(db.selectFrom('sessions').select('session_id').compile().sql)
  const ids = database.prepare(selectIds(db, '', '', 0).compile().sql)
  return {
    head(session_id: string): HeadRow | undefined {
      const found = head.get(session_id) as Omit<HeadRow, 'session_id'> | undefined
      return found && { ...found, session_id }
    },

    /** Throws `StorageError` when there is such a session, which then has lost its head. */
    expectNone(session_id: string): void {
      if (exists.get(session_id)) throw headMissing(session_id)
    },

    /** Those that are in the tables. */
    taken(keys: readonly CommandKey[]): CommandKey[] {
      const rows = taken.all(JSON.stringify(keys)) as { i: number }[]
      return rows.flatMap(({ i }) => keys.slice(i, i + 1))
    },

    sessionIds(): string[] {
      const rows = sessions.all() as { session_id: string }[]
      return rows.map(({ session_id }) => session_id)
    },

    /** Ids that are taken in a session, in their order, after the one given. */
    idsOf(session_id: string, after: string, limit: number): string[] {
      const rows = ids.all(session_id, after, limit) as { command_id: string }[]
      return rows.map(({ command_id }) => command_id)
    },

    insert(id: number, group: string): void {
      insert.run(id, group, stagedDigest(id, group))
    },

    /** Forgets the groups up to this one: all of them is in the tables. */
    trim(through: number): void {
      trim.run(through)
    },

    /** The highest id that was ever given to a group that still counts. */
    lastId(): number {
      const sql = `select max(coalesce((select max(id) from staged), 0),
        coalesce((select max(staged_id) from heads), 0)) as id`
      return (database.prepare(sql).get() as { id: number }).id
    },

    groups: () => stagedGroups(database, db),
  }
}

/** All groups, oldest first. Throws `StorageError` when one is damaged. */
function* stagedGroups(
  database: SqliteDatabase,
  db: Kysely<JournalTables>,
): Generator<StagedGroup> {
  const query = db.selectFrom('staged').select(['id', 'body', 'digest']).orderBy('id')
  const rows = database.prepare(query.compile().sql).all() as JournalTables['staged'][]
  for (const { id, body, digest } of rows) {
    if (stagedDigest(id, body) !== digest) {
      throw new StorageError(`The last commands cannot be read: group ${id} is damaged`)
    }
    yield { id, text: body, batches: unpackGroup(body) }
  }
}
