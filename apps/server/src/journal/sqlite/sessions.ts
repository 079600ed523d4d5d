import type { Role } from '@talus/protocol'
import {
  DamagedError,
  type Journal,
  type ListedSession,
  type ListPage,
  type Member,
  type SessionRecord,
  type ShareLinkRecord,
} from '../journal.js'
import { genesis, linkDigest, memberDigest, recordDigest } from './chain.js'
import type { SqliteDatabase, SqlValue } from './database.js'
import { expectEnd, findRow, lastSeq, type Reading, recordOf } from './history.js'
import type { MemberRow, SessionRow, ShareLinkRow } from './schema.js'

type Listed = { table: 'sessions' | 'projects'; key: string; columns: string; page?: ListPage }

/**
 * One of the two lists: oldest first, one page of it. What somebody may see is looked up by member,
 * so that the cost is that of their own sessions and not of everybody's.
 */
export function listOf(
  { prepare }: SqliteDatabase,
  { table, key, columns, page = { limit: -1 } }: Listed,
): unknown[] {
  const wheres: string[] = []
  const values: SqlValue[] = []
  if (page.of) {
    wheres.push(`session_id in (select session_id from members where actor_id = ?
      union select value from json_each(?))`)
    values.push(page.of.actor_id, JSON.stringify(page.of.session_ids))
  }
  if (page.after) {
    wheres.push(`(created_at, ${key}) > (?, ?)`)
    values.push(page.after.created_at, page.after.id)
  }
  const where = wheres.length > 0 ? `where ${wheres.join(' and ')}` : ''
  const sql = `select ${columns} from ${table} ${where} order by created_at, ${key} limit ?`
  return prepare(sql).all(...values, page.limit)
}

type Known = SessionRecord & { seq: number }

function knownOf(reading: Reading, row: SessionRow): Known {
  const { session_id, epoch, template_id, project_id, created_at } = row
  return { session_id, epoch, template_id, project_id, created_at, seq: lastSeq(reading, row) }
}

/** Whether the record of a session and the end of its history are as they were written. */
function isAsWritten(reading: Reading, row: SessionRow): boolean {
  try {
    recordOf(row)
    expectEnd(reading, row)
    return true
  } catch (error) {
    if (error instanceof DamagedError) return false
    throw error
  }
}

export function sessionReads(reading: Reading) {
  const { database } = reading
  return {
    findSession(session_id: string): Known | undefined {
      const row = findRow(database, session_id)
      return row && knownOf(reading, row)
    },

    listSessions(page?: ListPage): ListedSession[] {
      const wanted = { table: 'sessions', key: 'session_id', columns: '*' } as const
      const rows = listOf(database, { ...wanted, ...(page && { page }) }) as SessionRow[]
      return rows.map((row) => {
        const known = knownOf(reading, row)
        return isAsWritten(reading, row) ? known : { ...known, damaged: true }
      })
    },

    countCreated(actor_id: string): number {
      const sql = 'select count(*) as count from sessions where created_by = ?'
      return (database.prepare(sql).get(actor_id) as { count: number }).count
    },

    /** 1 for an unknown session. */
    firstSeq: (session_id: string) => findRow(database, session_id)?.first_seq ?? 1,
  }
}

/** A session to be created, and its first member. */
export type NewSession = Parameters<Journal['createSession']>

type Created = Awaited<ReturnType<Journal['createSession']>>

/** Creates sessions with their first members, all in one transaction. */
export function createSessions(
  database: SqliteDatabase,
  sessions: readonly NewSession[],
): Created[] {
  return database.transaction(() => sessions.map((session) => insertSession(database, session)))
}

function insertSession({ prepare }: SqliteDatabase, [record, owner]: NewSession): Created {
  const { session_id, epoch, template_id, project_id, created_at } = record
  // Another project than the session's own goes by the roles of a session of this id.
  const bound = prepare('select 1 from projects where session_id = ? and project_id != ?')
  if (owner && bound.get(session_id, project_id ?? '')) return 'reserved'
  const first = genesis(session_id)
  const { changes } = prepare(`insert into sessions
    (session_id, epoch, template_id, project_id, created_at, created_by, digest,
      last_digest, first_digest)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`).run(
    session_id,
    epoch,
    template_id,
    project_id,
    created_at,
    owner?.actor_id ?? null,
    recordDigest(record),
    first,
    first,
  )
  if (changes !== 1) return 'exists'
  if (owner) insertMember({ prepare }, session_id, owner)
  return 'created'
}

/** Gives somebody a role, or another one. */
export function insertMember(
  { prepare }: Pick<SqliteDatabase, 'prepare'>,
  session_id: string,
  member: Member,
): void {
  const { actor_id, name, role, added_at, added_by } = member
  const digest = memberDigest(session_id, member)
  prepare('insert or replace into members values (?, ?, ?, ?, ?, ?, ?)').run(
    session_id,
    actor_id,
    name,
    role,
    added_at,
    added_by,
    digest,
  )
}

export function insertLink(
  { prepare }: Pick<SqliteDatabase, 'prepare'>,
  link: ShareLinkRecord,
): void {
  const { link_id, session_id, token_hash, role, expires_at, created_at, created_by } = link
  prepare('insert into share_links values (?, ?, ?, ?, ?, ?, ?, ?)').run(
    link_id,
    session_id,
    token_hash,
    role,
    expires_at,
    created_at,
    created_by,
    linkDigest(link),
  )
}

/**
 * Gives every session a new epoch: clients may have seen entries that this database does not have
 * (rule SYNC3).
 */
export function renewEpochs({ prepare, transaction }: SqliteDatabase, newId: () => string): void {
  transaction(() => {
    const change = prepare('update sessions set epoch = ?, digest = ? where id = ?')
    for (const row of prepare('select * from sessions').all() as SessionRow[]) {
      const epoch = newId()
      change.run(epoch, recordDigest({ ...row, epoch }), row.id)
    }
  })
}

export function memberReads({ prepare }: SqliteDatabase) {
  return {
    /** Who has a role, oldest first. Throws `DamagedError` when a row is not as it was written. */
    members(session_id: string): Member[] {
      const sql = 'select * from members where session_id = ? order by added_at, actor_id'
      return (prepare(sql).all(session_id) as MemberRow[]).map(wholeMember)
    },

    sessionsOf(actor_id: string): { session_id: string; role: Role }[] {
      const sql = 'select * from members where actor_id = ? order by session_id'
      const rows = prepare(sql).all(actor_id) as MemberRow[]
      // A damaged role gives nothing, and is told by whatever opens its session.
      return rows.filter(isWhole).map(({ session_id, role }) => ({ session_id, role }))
    },

    /** Oldest first. Throws `DamagedError` like `members`. */
    shareLinks(session_id: string): ShareLinkRecord[] {
      const sql = 'select * from share_links where session_id = ? order by created_at, link_id'
      return (prepare(sql).all(session_id) as ShareLinkRow[]).map(wholeLink)
    },

    findShareLink(token_hash: string): ShareLinkRecord | undefined {
      const row = prepare('select * from share_links where token_hash = ?').get(token_hash)
      return row === undefined ? undefined : wholeLink(row as ShareLinkRow)
    },
  }
}

export function memberWrites({ prepare, transaction }: SqliteDatabase) {
  // A session may go at any moment: what is written for one is written only if it is still there.
  const isThere = (session_id: string) =>
    prepare('select 1 from sessions where session_id = ?').get(session_id) !== undefined
  return {
    putMember: (session_id: string, given: Member): boolean =>
      transaction(() => {
        if (!isThere(session_id)) return false
        const sql = 'select * from members where session_id = ? and actor_id = ?'
        const known = prepare(sql).get(session_id, given.actor_id) as MemberRow | undefined
        // Whoever has a role already keeps when and by whom it was given first.
        const member = known ? { ...wholeMember(known), role: given.role } : given
        insertMember({ prepare }, session_id, member)
        return true
      }),

    deleteMember: (session_id: string, actor_id: string): boolean =>
      transaction(() => {
        const sql = 'delete from members where session_id = ? and actor_id = ?'
        return prepare(sql).run(session_id, actor_id).changes > 0
      }),

    createShareLink: (link: ShareLinkRecord): boolean =>
      transaction(() => {
        if (!isThere(link.session_id)) return false
        insertLink({ prepare }, link)
        return true
      }),

    deleteShareLink: (session_id: string, link_id: string): boolean =>
      transaction(() => {
        const sql = 'delete from share_links where session_id = ? and link_id = ?'
        return prepare(sql).run(session_id, link_id).changes > 0
      }),
  }
}

function isWhole({ session_id, digest, ...member }: MemberRow): boolean {
  return memberDigest(session_id, member) === digest
}

function wholeMember(row: MemberRow): Member {
  const { session_id, digest: _, ...member } = row
  if (isWhole(row)) return member
  throw new DamagedError(`Session ${session_id}: the role of ${member.actor_id} is damaged`)
}

function wholeLink({ digest, ...link }: ShareLinkRow): ShareLinkRecord {
  if (linkDigest(link) === digest) return link
  throw new DamagedError(`Session ${link.session_id}: the share link ${link.link_id} is damaged`)
}
