import type { Role } from '@talus/protocol'
import type {
  Journal,
  ListedSession,
  ListPage,
  Member,
  MemberQueries,
  SessionRecord,
  ShareLinkRecord,
} from '../journal.js'
import type { PostgresDatabase, Query, SqlValue } from './connection.js'

type Listed = { table: 'sessions' | 'projects'; key: string; columns: string; page?: ListPage }

/**
 * One page of the sessions or projects, oldest first. Looked up by member, so that the cost depends
 * on the caller's own sessions, not on all sessions.
 */
export function listOf<Row>(query: Query, { table, key, columns, page }: Listed): Promise<Row[]> {
  const values: SqlValue[] = []
  const value = (given: SqlValue) => `$${values.push(given)}`
  const wheres: string[] = []
  if (page?.of) {
    wheres.push(`session_id in (
      select session_id from talus.members where actor_id = ${value(page.of.actor_id)}
      union select unnest(${value(page.of.session_ids)}::text[]))`)
  }
  if (page?.after) {
    const { created_at, id } = page.after
    wheres.push(`(created_at, ${key}) > (${value(created_at)}, ${value(id)})`)
  }
  const where = wheres.length > 0 ? `where ${wheres.join(' and ')}` : ''
  const limit = page ? `limit ${value(page.limit)}` : ''
  const sql = `select ${columns} from talus.${table} ${where} order by created_at, ${key} ${limit}`
  return query(sql, values)
}

export const RECORD = 'session_id, epoch, template_id, project_id, created_at'

/** Replaces U+0000, which PostgreSQL cannot store, in display names. */
export function withoutNul(text: string | null): string | null {
  return text?.replaceAll('\0', '\ufffd') ?? null
}

/** Serializes creating, deleting and binding a session with this id. */
export async function lockId(query: Query, session_id: string): Promise<void> {
  await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [session_id])
}

type Sessions = Pick<
  Journal,
  'createSession' | 'findSession' | 'listSessions' | 'countCreated' | 'deleteSession' | 'firstSeq'
>

/** `onGone`: a session was deleted and its rows are to be removed. */
export function sessionsOf(database: PostgresDatabase, onGone: () => void): Sessions {
  const { query } = database
  return {
    createSession: (record, owner) =>
      database.transaction(async (within) => {
        const { session_id, epoch, template_id, project_id, created_at } = record
        await lockId(within, session_id)
        // The roles of a session with this id would apply to that other project (rule AUTH8).
        const bound = `select from talus.projects where session_id = $1 and project_id <> $2`
        if (owner && (await within(bound, [session_id, project_id ?? ''])).length > 0)
          return 'reserved'
        const made = await within(
          `insert into talus.sessions (${RECORD}, created_by)
          values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id`,
          [session_id, epoch, template_id, project_id, created_at, owner?.actor_id ?? null],
        )
        if (made.length === 0) return 'exists'
        if (owner) await putMember(within, session_id, owner)
        return 'created'
      }),

    async findSession(session_id) {
      const sql = `select ${RECORD}, last_seq as seq from talus.sessions where session_id = $1`
      return (await query<SessionRecord & { seq: number }>(sql, [session_id]))[0]
    },

    listSessions(page) {
      const columns = `${RECORD}, last_seq as seq`
      const wanted = { table: 'sessions', key: 'session_id', columns } as const
      return listOf<ListedSession>(query, { ...wanted, ...(page && { page }) })
    },

    async countCreated(actor_id) {
      const sql = 'select count(*) as count from talus.sessions where created_by = $1'
      return (await query<{ count: number }>(sql, [actor_id]))[0]?.count ?? 0
    },

    async deleteSession(session_id) {
      const wasThere = await database.transaction(async (within) => {
        await lockId(within, session_id)
        const gone = await within<{ id: number; snapshot: number | null }>(
          'delete from talus.sessions where session_id = $1 returning id, snapshot',
          [session_id],
        )
        for (const { id, snapshot } of gone) {
          await within('insert into talus.gone values ($1)', [id])
          await release(within, snapshot)
        }
        return gone.length > 0
      })
      if (wasThere) onGone()
      return wasThere
    },

    async firstSeq(session_id) {
      const sql = 'select first_seq from talus.sessions where session_id = $1'
      return (await query<{ first_seq: number }>(sql, [session_id]))[0]?.first_seq ?? 1
    },
  }
}

/** Marks a text as unused. */
export async function release(query: Query, text: number | null): Promise<void> {
  if (text === null) return
  await query('insert into talus.loose (text) values ($1) on conflict do nothing', [text])
}

/** Marks a session whose roles change, for other servers. Gives nothing if the session does not exist. */
const MARKED = `with marked as (
  update talus.sessions set access = nextval('talus.access') where session_id = $1
  returning session_id)`

/** Sets the role of an actor. False: the session does not exist. */
async function putMember(query: Query, session_id: string, member: Member): Promise<boolean> {
  const { actor_id, name, role, added_at, added_by } = member
  const put = await query(
    `${MARKED} insert into talus.members
    select session_id, $2, $3, $4, $5, $6 from marked
    on conflict (session_id, actor_id) do update set role = excluded.role returning 1`,
    [session_id, actor_id, withoutNul(name), role, added_at, added_by],
  )
  return put.length > 0
}

export const MEMBER = 'actor_id, name, role, added_at, added_by'
export const LINK = 'link_id, session_id, token_hash, role, expires_at, created_at, created_by'

export function membersOf({ query }: PostgresDatabase): MemberQueries {
  const isChanged = async (sql: string, values: SqlValue[]) =>
    (await query(`${sql} returning 1`, values)).length > 0
  return {
    members: (session_id) =>
      query<Member>(
        `select ${MEMBER} from talus.members where session_id = $1 order by added_at, actor_id`,
        [session_id],
      ),

    putMember: (session_id, member) => putMember(query, session_id, member),

    deleteMember: (session_id, actor_id) =>
      isChanged(
        `${MARKED} delete from talus.members
        where session_id in (select session_id from marked) and actor_id = $2`,
        [session_id, actor_id],
      ),

    sessionsOf: (actor_id) =>
      query<{ session_id: string; role: Role }>(
        'select session_id, role from talus.members where actor_id = $1 order by session_id',
        [actor_id],
      ),

    createShareLink: ({ link_id, session_id, ...link }) =>
      isChanged(
        `${MARKED} insert into talus.share_links (${LINK})
        select $2, session_id, $3, $4, $5, $6, $7 from marked`,
        [
          session_id,
          link_id,
          link.token_hash,
          link.role,
          link.expires_at,
          link.created_at,
          link.created_by,
        ],
      ),

    shareLinks: (session_id) =>
      query<ShareLinkRecord>(
        `select ${LINK} from talus.share_links where session_id = $1 order by created_at, link_id`,
        [session_id],
      ),

    deleteShareLink: (session_id, link_id) =>
      isChanged(
        `${MARKED} delete from talus.share_links
        where session_id in (select session_id from marked) and link_id = $2`,
        [session_id, link_id],
      ),

    async findShareLink(token_hash) {
      const sql = `select ${LINK} from talus.share_links where token_hash = $1`
      return (await query<ShareLinkRecord>(sql, [token_hash]))[0]
    },
  }
}
