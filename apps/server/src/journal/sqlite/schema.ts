import { unfinishedCopy } from '../contents.js'
import { StorageError, type Member, type ProjectRecord, type ShareLinkRecord } from '../journal.js'
import { messageOf } from './errors.js'
import type { Connection, SqliteDatabase } from './database.js'

/** Changes with every change of the tables; nothing reads the tables of another layout. */
const LAYOUT = 1

/**
 * The log is in the order of arrival. An index that follows every commit has a page of its own for
 * each session and each random command id, which costs more than all the rest: so the three index
 * tables are filled in bulk, up to `indexed`, and `Tail` knows what came later.
 *
 * Columns ending in `ack`, `consumes` and `envelope` hold JSON text, those ending in `digest` what
 * `chain.ts` makes of the row. A number of a
 * session is never used twice.
 */
const TABLES = `
  create table journal (
    one integer primary key check (one = 1), layout integer not null, indexed integer not null);
  insert into journal values (1, ${LAYOUT}, 0);

  create table log (
    id integer primary key, session integer not null, seq integer, after_seq integer,
    command_id text not null, payload_hash text not null, ack text, consumes text,
    text integer, text_digest text, digest text not null, body text);
  create table by_seq (
    session integer not null, seq integer not null, id integer not null,
    primary key (session, seq)) without rowid;
  create table by_cmd (
    session integer not null, command_id text not null, id integer not null,
    primary key (session, command_id)) without rowid;
  create table by_receipt (
    session integer not null, lasting integer not null, after_seq integer not null,
    id integer not null, primary key (session, lasting, after_seq, id)) without rowid;

  create table parts (
    text integer not null, part integer not null, digest text not null, body text not null,
    primary key (text, part));
  create table loose (text integer primary key);
  create table gone (session integer primary key, through integer not null);

  create table sessions (
    id integer primary key autoincrement, session_id text not null unique, epoch text not null,
    template_id text, project_id text, created_at text not null, created_by text,
    digest text not null,
    last_seq integer not null default 0, last_digest text not null,
    last_receipt integer not null default 0, receipts integer not null default 0,
    first_seq integer not null default 1, first_digest text not null,
    snapshot_seq integer, snapshot_text integer, snapshot_digest text);
  create index sessions_project_id on sessions (project_id);
  create index sessions_created_by on sessions (created_by);
  create index sessions_created_at on sessions (created_at, session_id);

  create table members (
    session_id text not null references sessions (session_id) on delete cascade,
    actor_id text not null, name text, role text not null, added_at text not null,
    added_by text not null, digest text not null, primary key (session_id, actor_id));
  create index members_actor_id on members (actor_id);
  create table share_links (
    link_id text primary key,
    session_id text not null references sessions (session_id) on delete cascade,
    token_hash text not null unique, role text not null, expires_at text,
    created_at text not null, created_by text not null, digest text not null);
  create index share_links_session_id on share_links (session_id);

  create table projects (
    project_id text primary key, project_name text not null, template_id text,
    session_id text not null, created_at text not null, saved_at text, saved_seq integer,
    envelope text not null, document_text integer, document_digest text, digest text not null);
  create index projects_created_at on projects (created_at, project_id);
  create index projects_session_id on projects (session_id);
`

/**
 * A command as it is stored. An entry has a `seq`, and its JSON in `body` or, when it is long, in
 * the parts of `text`; when it was removed it has neither. A receipt has an `after_seq`.
 */
export type LogRow = {
  id: number
  session: number
  seq: number | null
  after_seq: number | null
  command_id: string
  payload_hash: string
  ack: string | null
  consumes: string | null
  text: number | null
  text_digest: string | null
  digest: string
  body: string | null
}

/**
 * A session, and where its indexed rows begin and end, so that a lost beginning or end is noticed.
 * `first_digest` is what the first entry that is kept builds upon, `receipts` how many of them may be
 * forgotten.
 */
export type SessionRow = {
  id: number
  session_id: string
  epoch: string
  template_id: string | null
  project_id: string | null
  created_at: string
  digest: string
  last_seq: number
  last_digest: string
  last_receipt: number
  receipts: number
  first_seq: number
  first_digest: string
  snapshot_seq: number | null
  snapshot_text: number | null
  snapshot_digest: string | null
}

export type MemberRow = Member & { session_id: string; digest: string }

export type ShareLinkRow = ShareLinkRecord & { digest: string }

export type ProjectRow = ProjectRecord & {
  document_text: number | null
  document_digest: string | null
  digest: string
}

/** Creates the tables of a new database. Throws `StorageError` when it has others than this code. */
export function prepareTables(database: SqliteDatabase, file: string): void {
  const { connection } = database
  const isNew = connection.prepare('select 1 from sqlite_master').get() === undefined
  if (isNew) database.transaction(() => connection.exec(TABLES))
  else expectTables(database, file)
}

/** The same for a database that is copied into. */
export function prepareForCopy(database: SqliteDatabase, file: string): void {
  if (hasTable(database, 'copying')) expectLayout(database, file)
  else prepareTables(database, file)
}

/** Throws `StorageError` unless the database has the tables of this code, and is complete. */
export function expectTables(database: SqliteDatabase, file: string): void {
  expectLayout(database, file)
  if (hasTable(database, 'copying')) throw new StorageError(unfinishedCopy(file))
}

/** Whether the database has a table of that name. */
export function hasTable({ connection }: SqliteDatabase, table: string): boolean {
  return connection.prepare('select 1 from sqlite_master where name = ?').get(table) !== undefined
}

function expectLayout(database: SqliteDatabase, file: string): void {
  const { connection } = database
  const has = (table: string) => hasTable(database, table)
  try {
    if (has('kysely_migration')) {
      throw new StorageError(
        `${file} was written before the first release, in a layout that this version does not ` +
          `read: export its projects with the version that wrote it, and move the file away.`,
      )
    }
    const layout = has('journal') ? layoutOf(connection) : undefined
    if (layout === LAYOUT) return
    if (layout === undefined) {
      throw new StorageError(`${file} has no schema of Talus: it was never finished`)
    }
    throw new StorageError(`${file} was written by a newer version; use that one`)
  } catch (cause) {
    if (cause instanceof StorageError) throw cause
    throw new StorageError(`${file} has no schema of Talus: ${messageOf(cause)}`, { cause })
  }
}

function layoutOf(connection: Connection): number | undefined {
  const row = connection.prepare('select layout from journal').get()
  return (row as { layout: number } | undefined)?.layout
}
