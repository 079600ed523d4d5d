import { unfinishedCopy } from '../contents.js'
import { StorageError } from '../journal.js'
import type { PostgresDatabase, Query } from './connection.js'

/** Version of the tables and functions; increase it with every change. */
export const LAYOUT = 1

/** Key of the advisory lock: the first server creates the tables, the others wait. An arbitrary number. */
const MAKING = 7_265_338_101

/**
 * `log` is the history of all sessions: an entry has a `seq`, a receipt an `after_seq`; a truncated
 * entry keeps only the acknowledgement for retries. Columns ending in `ack`, `consumes` and
 * `envelope`, and `body`, hold JSON as text, because `jsonb` would change it. Dates are ISO 8601 text
 * and compare as such. The number of a session is never reused.
 *
 * `parts` are long texts, snapshots and saved documents, written before the row that refers to them;
 * `loose` lists texts without such a row. `gone` lists deleted sessions that still have rows in the
 * log. `access` gets a new number whenever the roles in a session change.
 */
const TABLES = `
  create table talus.journal (
    one integer primary key check (one = 1), layout integer not null, touched bigint not null,
    store_id uuid not null default gen_random_uuid());
  insert into talus.journal values (1, ${LAYOUT}, 0);
  create sequence talus.access;

  create table talus.sessions (
    id bigint generated always as identity primary key,
    session_id text collate "C" not null unique, epoch text not null,
    template_id text, project_id text, created_at text collate "C" not null,
    created_by text collate "C",
    last_seq bigint not null default 0, first_seq bigint not null default 1,
    receipts bigint not null default 0, snapshot_seq bigint, snapshot bigint,
    access bigint not null default nextval('talus.access')
  ) with (fillfactor = 70);
  create index sessions_project_id on talus.sessions (project_id);
  create index sessions_created_by on talus.sessions (created_by);
  create index sessions_access on talus.sessions (access);
  create index sessions_created_at on talus.sessions (created_at, session_id);

  create table talus.log (
    id bigint generated always as identity primary key,
    session bigint not null, seq bigint, after_seq bigint,
    command_id text collate "C" not null, payload_hash text not null,
    ack text, consumes text, body text);
  create unique index log_seq on talus.log (session, seq) where seq is not null;
  create unique index log_command on talus.log (session, command_id);
  create index log_receipt on talus.log (session, after_seq, id) where seq is null;

  create sequence talus.texts;
  create table talus.parts (
    text bigint not null, part integer not null, body text not null, primary key (text, part));
  create table talus.loose (text bigint primary key, since timestamptz not null default now());
  create table talus.gone (session bigint primary key);

  create table talus.members (
    session_id text collate "C" not null references talus.sessions (session_id) on delete cascade,
    actor_id text collate "C" not null, name text, role text not null,
    added_at text collate "C" not null, added_by text not null,
    primary key (session_id, actor_id));
  create index members_actor_id on talus.members (actor_id);
  create table talus.share_links (
    link_id text collate "C" primary key,
    session_id text collate "C" not null references talus.sessions (session_id) on delete cascade,
    token_hash text collate "C" not null unique, role text not null, expires_at text,
    created_at text collate "C" not null, created_by text not null);
  create index share_links_session_id on talus.share_links (session_id);

  create table talus.projects (
    project_id text collate "C" primary key, project_name text not null, template_id text,
    session_id text collate "C" not null, created_at text collate "C" not null,
    saved_at text, saved_seq bigint, envelope text not null, document bigint);
  create index projects_created_at on talus.projects (created_at, project_id);
  create index projects_session_id on talus.projects (session_id);
`

/**
 * Appends a group in one round trip: batch n is for session p_sessions[n], builds on seq p_bases[n],
 * and has the rows of which p_batches says n. The heads of all sessions are locked in one order, so
 * that two groups never deadlock. Returns the batches that were not appended, with the reason.
 *
 * - `quick`: the usual case, in which one statement writes all rows. A
 *   command id that is already used raises TA001.
 * - `careful`: each batch is checked by itself, as \`judge\` does, and succeeds or fails by itself.
 * - `again`: the same group was sent before, with unknown outcome. A batch whose rows are already
 *   there, as sent, is done.
 *
 * \`p_deadline\`, in ms since 1970: the caller no longer waits after it, and a group that was reported
 * as failed must not be committed afterwards.
 */
const APPEND = `
  create or replace function talus.append(
    p_mode text, p_deadline double precision,
    p_sessions text[], p_bases bigint[], p_entries integer[], p_forgettable integer[],
    p_batches integer[], p_seqs bigint[], p_afters bigint[], p_commands text[], p_hashes text[],
    p_acks text[], p_consumes text[], p_bodies text[]
  ) returns table (batch integer, reason text, taken text[])
  language plpgsql as $$
  #variable_conflict use_column
  declare
    v_ids bigint[]; v_is_expected boolean; v_rows bigint; v_last bigint; v_taken text[];
  begin
    if extract(epoch from clock_timestamp()) * 1000 > p_deadline then
      raise exception 'the group comes too late' using errcode = '57014';
    end if;

    select array_agg(h.id order by b.n), bool_and(coalesce(h.last_seq = b.base, false))
      into v_ids, v_is_expected
      from unnest(p_sessions, p_bases) with ordinality b (session_id, base, n)
      left join (select s.id, s.session_id, s.last_seq from talus.sessions s
        where s.session_id = any(p_sessions) order by s.id for update) h
      on h.session_id = b.session_id;

    if v_is_expected and p_mode = 'quick' then
      insert into talus.log (session, seq, after_seq, command_id, payload_hash, ack, consumes, body)
        select v_ids[r.batch], r.seq, r.after_seq, r.command, r.hash, r.ack, r.consumes, r.body
        from unnest(p_batches, p_seqs, p_afters, p_commands, p_hashes, p_acks, p_consumes, p_bodies)
          r (batch, seq, after_seq, command, hash, ack, consumes, body)
        on conflict do nothing;
      get diagnostics v_rows = row_count;
      if v_rows <> cardinality(p_batches) then
        raise exception 'a command id is taken' using errcode = 'TA001';
      end if;
      update talus.sessions s
        set last_seq = s.last_seq + b.entries, receipts = s.receipts + b.forgettable
        from unnest(v_ids, p_entries, p_forgettable) b (id, entries, forgettable)
        where s.id = b.id;
      return;
    end if;

    for i in 1 .. cardinality(p_sessions) loop
      batch := i;
      taken := null;
      select s.last_seq into v_last from talus.sessions s where s.id = v_ids[i];
      if not found then
        reason := 'unknown-session';
        return next;
        continue;
      end if;
      if p_mode = 'again' then
        select count(*) into v_rows
          from unnest(p_batches, p_seqs, p_afters, p_commands, p_bodies)
            r (batch, seq, after_seq, command, body)
          join talus.log l on l.session = v_ids[i] and l.command_id = r.command
            and l.seq is not distinct from r.seq and l.after_seq is not distinct from r.after_seq
            and l.body is not distinct from r.body
          where r.batch = i;
        continue when v_rows = (select count(*) from unnest(p_batches) b (n) where b.n = i);
      end if;
      if v_last <> p_bases[i] then
        reason := 'conflict';
        return next;
        continue;
      end if;
      select array_agg(distinct r.command) into v_taken
        from unnest(p_batches, p_commands) with ordinality r (batch, command, n)
        where r.batch = i and (
          exists (select from talus.log l where l.session = v_ids[i] and l.command_id = r.command)
          or exists (select from unnest(p_batches, p_commands) with ordinality o (batch, command, n)
            where o.batch = i and o.command = r.command and o.n < r.n));
      if v_taken is not null then
        reason := 'duplicate';
        taken := v_taken;
        return next;
        continue;
      end if;
      insert into talus.log (session, seq, after_seq, command_id, payload_hash, ack, consumes, body)
        select v_ids[i], r.seq, r.after_seq, r.command, r.hash, r.ack, r.consumes, r.body
        from unnest(p_batches, p_seqs, p_afters, p_commands, p_hashes, p_acks, p_consumes, p_bodies)
          r (batch, seq, after_seq, command, hash, ack, consumes, body)
        where r.batch = i;
      update talus.sessions s
        set last_seq = s.last_seq + p_entries[i], receipts = s.receipts + p_forgettable[i]
        where s.id = v_ids[i];
    end loop;
  end $$;
`

/** The result of `makeSchema`. */
export type SchemaChange = 'created' | 'none'

/**
 * Creates the tables of a new database, once, even if several servers start at the same time. Throws
 * `StorageError` if existing tables have another layout.
 */
export async function makeSchema(database: PostgresDatabase): Promise<SchemaChange> {
  let change: SchemaChange = 'none'
  if (!(await hasSchema(database.query))) {
    change = await database.transaction(async (query) => {
      await query('select pg_advisory_xact_lock($1)', [MAKING])
      if (await hasSchema(query)) return 'none'
      // A user without the right to create a schema may own an existing one.
      const schemas = await query(`select from pg_namespace where nspname = 'talus'`)
      if (schemas.length === 0) await query('create schema talus')
      await query(TABLES)
      await query(APPEND)
      return 'created'
    })
  }
  await expectLayout(database)
  return change
}

/** The same for a server. Also throws if the database has an unfinished copy. */
export async function prepareSchema(database: PostgresDatabase): Promise<SchemaChange> {
  const change = await makeSchema(database)
  await expectComplete(database)
  return change
}

/** Throws `StorageError` unless the database has a schema of Talus, without an unfinished copy. */
export async function expectSchema(database: PostgresDatabase): Promise<void> {
  if (!(await hasSchema(database.query))) {
    throw new StorageError(
      `${database.place} has no schema of Talus: talus-server migrate makes it`,
    )
  }
  await expectLayout(database)
  await expectComplete(database)
}

async function expectComplete({ place, query }: PostgresDatabase): Promise<void> {
  if (await hasTable(query, 'copying')) throw new StorageError(unfinishedCopy(place))
}

function hasSchema(query: Query): Promise<boolean> {
  return hasTable(query, 'journal')
}

/** Whether the schema has a table of that name. */
export async function hasTable(query: Query, table: string): Promise<boolean> {
  // Not `to_regclass`: name lookups use a cache that may be older than the snapshot of the transaction.
  const sql = `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'talus' and c.relname = $1`
  return (await query(sql, [table])).length > 0
}

/** Throws `StorageError` unless the tables have the layout of this version. */
async function expectLayout({ place, query }: PostgresDatabase): Promise<void> {
  const [row] = await query<{ layout: number }>('select layout from talus.journal')
  if (row?.layout === LAYOUT) return
  throw new StorageError(
    row && row.layout > LAYOUT
      ? `${place} was written by a newer version; use that one`
      : `${place} has no schema of Talus: it was never finished`,
  )
}
