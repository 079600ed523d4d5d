import { DamagedError } from '../errors.js'
import type { PostgresDatabase } from '../journal/postgres/connection.js'
import { viewHistory } from '../journal/postgres/contents.js'
import type { Inspected, ProjectTotals, SessionTotals } from './inspect.js'
import { SessionReplay, type SessionVerdict } from './replay.js'
import type { Verdict } from './verify.js'

/** The report of `inspect` on a PostgreSQL database. */
export async function inspectDatabase({ query, place }: PostgresDatabase): Promise<Inspected> {
  const [size] = await query<{ bytes: number }>(
    `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'talus' and c.relkind = 'r'`,
  )
  const sessions = await query<SessionTotals>(
    `select s.session_id, s.project_id, s.template_id, s.epoch, s.created_at, s.first_seq,
      s.last_seq as seq,
      (select l.body::json ->> 'timestamp' from talus.log l
        where l.session = s.id and l.seq = s.first_seq and l.body is not null) as oldest,
      coalesce(c.entries, 0) as entries, coalesce(c.bytes, 0)::bigint as entry_bytes,
      coalesce(c.receipts, 0) as receipts, s.snapshot_seq,
      (select coalesce(sum(octet_length(p.body)), 0)::bigint from talus.parts p
        where p.text = s.snapshot) as snapshot_bytes,
      null as damage
    from talus.sessions s left join (
      select session, count(body) as entries, sum(octet_length(body)) as bytes,
        count(*) filter (where seq is null) as receipts
      from talus.log group by session) c on c.session = s.id
    order by s.created_at, s.session_id`,
  )
  const projects = await query<ProjectTotals>(
    `select p.project_id, p.project_name, p.session_id, p.saved_at, p.saved_seq,
      (select coalesce(sum(octet_length(d.body)), 0)::bigint from talus.parts d
        where d.text = p.document) as document_bytes,
      null as damage
    from talus.projects p order by p.created_at, p.project_id`,
  )
  return { file: place, bytes: size?.bytes ?? 0, log_bytes: null, sessions, projects }
}

/** Replays every session of a PostgreSQL database, also while servers write to it. */
export async function verifyDatabase(database: PostgresDatabase): Promise<Verdict> {
  const sessions: SessionVerdict[] = []
  const ids = await database.query<{ session_id: string }>(
    'select session_id from talus.sessions order by session_id',
  )
  for (const { session_id } of ids) sessions.push(await verifyStored(database, session_id))
  const wrong = await strayRows(database)
  const ok = wrong.length === 0 && sessions.every(({ damage }) => damage === null)
  return { ok, sessions, database: wrong }
}

/** Replays one session, in one snapshot of the database. */
export async function verifyStored(
  database: PostgresDatabase,
  session_id: string,
): Promise<SessionVerdict> {
  let seq = 0
  try {
    const graph_hash = await viewHistory(database, session_id, async (history) => {
      const { first_seq, last_seq, snapshot, receipts } = history
      const replay = new SessionReplay({ session_id, first_seq, snapshot, receipts })
      for await (const entry of history.entries()) {
        replay.take(entry.seq, entry.body)
        seq = entry.seq
      }
      if (seq < last_seq || seq < (snapshot?.seq ?? 0)) {
        throw new DamagedError(`Session ${session_id}: the entry at seq ${seq + 1} is missing`)
      }
      return replay.graphHash()
    })
    return { session_id, seq, damage: null, graph_hash: graph_hash ?? null }
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error
    return { session_id, seq, damage: error.message, graph_hash: null }
  }
}

/** Rows without an owner, and references to missing rows. */
async function strayRows({ query }: PostgresDatabase): Promise<string[]> {
  const strays = await query<{ session: number }>(
    `select distinct session from talus.log l where not exists (
        select from talus.sessions s where s.id = l.session)
      and not exists (select from talus.gone g where g.session = l.session)`,
  )
  const lost = await query<{ project_id: string }>(
    `select project_id from talus.projects p where document is not null
      and not exists (select from talus.parts t where t.text = p.document)`,
  )
  return [
    ...strays.map(({ session }) => `Session number ${session} is missing, its entries are there`),
    ...lost.map(({ project_id }) => `Project ${project_id}: the saved document is missing`),
  ]
}
