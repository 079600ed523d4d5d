import {
  type Contents,
  type CopyTarget,
  PAGE,
  type Parts,
  type Progress,
  type RowContents,
  type RowPage,
  type SessionContents,
} from '../contents.js'
import {
  type Member,
  type ProjectRecord,
  type Receipt,
  type SessionRecord,
  type ShareLinkRecord,
  StorageError,
} from '../journal.js'
import { PostgresDatabase, type Query } from './connection.js'
import { discardText, entriesOf, headOf, partsOf, receiptsOf, writeText } from './history.js'
import { PROJECT } from './projects.js'
import { hasTable, makeSchema } from './schema.js'
import { LINK, MEMBER, RECORD, withoutNul } from './sessions.js'

/** `application_name` of the connections of servers and of data commands. */
const SERVER = 'talus-server'
const COMMAND = 'talus-command'

/** Statement timeout of data commands in milliseconds: they read all rows. */
const STATEMENT_MS = 600_000

/** The database of a data command; connects on demand. */
export function commandDatabase(url: string): Promise<PostgresDatabase> {
  return PostgresDatabase.create({
    url,
    // One: no other connection of this process has to be told from those of servers.
    connections: 1,
    statementMs: STATEMENT_MS,
    name: COMMAND,
    onIdleError: () => undefined,
  })
}

type Row = Omit<SessionContents, 'members' | 'links'>

export function contentsOf(database: PostgresDatabase): Contents {
  const { query, place } = database
  const textOf = async function* (text: number | null | undefined): AsyncGenerator<string> {
    if (text === null || text === undefined) return
    for (let from = 0; ;) {
      const parts = await partsOf(query, text, { from, most: PAGE.chars })
      if (parts.length === 0) return
      yield* parts
      from += parts.length
    }
  }
  return {
    place,

    async sessions(after) {
      const rows = await query<Row>(
        `select id as number, ${RECORD}, created_by, first_seq, snapshot_seq
        from talus.sessions where id > $1 order by id limit $2`,
        [after, PAGE.sessions],
      )
      const ids = rows.map(({ session_id }) => session_id)
      const members = await query<Member & { session_id: string }>(
        `select session_id, ${MEMBER} from talus.members where session_id = any($1)
        order by added_at, actor_id`,
        [ids],
      )
      const links = await query<ShareLinkRecord>(
        `select ${LINK} from talus.share_links where session_id = any($1)
        order by created_at, link_id`,
        [ids],
      )
      const sessions = new Map(
        rows.map((row): [string, SessionContents] => [
          row.session_id,
          { ...row, members: [], links: [] },
        ]),
      )
      for (const { session_id, ...member } of members) {
        sessions.get(session_id)?.members.push(member)
      }
      for (const link of links) sessions.get(link.session_id)?.links.push(link)
      return [...sessions.values()]
    },

    async rows(after): Promise<RowPage> {
      const page = await query<Omit<RowContents, 'session_id'> & { session_id: string | null }>(
        `select l.id, s.session_id, l.seq, l.after_seq, l.command_id, l.payload_hash, l.ack,
          l.consumes, l.body
        from (select *, sum(coalesce(octet_length(body), 0)) over (order by id)
            - coalesce(octet_length(body), 0) as before
          from (select * from talus.log where id > $1 order by id limit $2) page) l
        left join talus.sessions s on s.id = l.session where l.before < $3 order by l.id`,
        [after, PAGE.rows, PAGE.chars],
      )
      // Skip the remaining rows of deleted sessions.
      const rows = page.flatMap(({ session_id, ...row }) =>
        session_id === null ? [] : { ...row, session_id },
      )
      return { rows, through: page.at(-1)?.id }
    },

    async *snapshot(session_id) {
      const head = await headOf(query, session_id)
      yield* textOf(head?.snapshot)
    },

    projects: (after) =>
      query<ProjectRecord>(
        `select ${PROJECT} from talus.projects where project_id > $1 order by project_id limit 50`,
        [after],
      ),

    async project(project_id) {
      const sql = `select ${PROJECT} from talus.projects where project_id = $1`
      return (await query<ProjectRecord>(sql, [project_id]))[0]
    },

    async document(project_id) {
      const sql = 'select document from talus.projects where project_id = $1'
      const [row] = await query<{ document: number | null }>(sql, [project_id])
      return row === undefined || row.document === null ? undefined : textOf(row.document)
    },

    async expectUnused() {
      const others = await query<{ application_name: string }>(
        `select application_name from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
          and application_name in ($1, $2, current_setting('application_name'))`,
        [SERVER, COMMAND],
      )
      if (others.length === 0) return
      const by = others.some(({ application_name }) => application_name === SERVER)
      throw new StorageError(
        `${place} is in use by ${by ? 'a server: stop all servers of it' : 'another command'}`,
      )
    },

    close: () => database.close(),
  }
}

/** Opens the target of a copy, and creates its schema if necessary. Throws `StorageError`. */
export async function openCopyTarget(database: PostgresDatabase): Promise<CopyTarget> {
  await makeSchema(database)
  return copyTargetOf(database)
}

function copyTargetOf(database: PostgresDatabase): CopyTarget {
  const { query } = database
  let told = ''
  /** Saves the progress. Fails if another process has continued the same copy. */
  const reached = async (within: Query, now: Progress) => {
    const next = JSON.stringify(now)
    const sql = 'update talus.copying set progress = $1 where progress = $2 returning 1'
    const changed = await within(sql, [next, told])
    if (changed.length === 0) throw new StorageError('Another copy has gone on with this one')
    told = next
  }
  return {
    ...contentsOf(database),

    async progress() {
      if (!(await hasTable(query, 'copying'))) return undefined
      const [row] = await query<{ progress: string }>('select progress from talus.copying')
      told = row?.progress ?? ''
      return row && (JSON.parse(row.progress) as Progress)
    },

    async taken(what, ids) {
      const key = { sessions: 'session_id', projects: 'project_id', share_links: 'link_id' }[what]
      const sql = `select ${key} as id from talus.${what} where ${key} = any($1)`
      return (await query<{ id: string }>(sql, [ids])).map(({ id }) => id)
    },

    begin: (source) =>
      database.transaction(async (within) => {
        const last = async (table: string) => {
          const sql = `select coalesce(max(id), 0) as last from talus.${table}`
          return (await within<{ last: number }>(sql))[0]?.last ?? 0
        }
        const before = { session: await last('sessions'), row: await last('log') }
        const begun = { source, before, session: 0, row: 0, snapshot: 0, project: '' }
        told = JSON.stringify(begun)
        await within('create table talus.copying (progress text not null)')
        await within('insert into talus.copying values ($1)', [told])
        return begun
      }),

    addSessions: (sessions, now) =>
      database.transaction(async (within) => {
        await within(
          `insert into talus.sessions (${RECORD}, created_by, first_seq)
          select ${RECORD}, created_by, first_seq from json_to_recordset($1::json) as s (
            number bigint, session_id text, epoch text, template_id text, project_id text,
            created_at text, created_by text, first_seq bigint) order by number`,
          [JSON.stringify(sessions)],
        )
        const members = sessions.flatMap(({ session_id, members: own }) =>
          own.map((member) => ({ session_id, ...member, name: withoutNul(member.name) })),
        )
        await within(
          `insert into talus.members (session_id, ${MEMBER}) select session_id, ${MEMBER}
          from json_to_recordset($1::json) as m (session_id text, actor_id text, name text,
            role text, added_at text, added_by text)`,
          [JSON.stringify(members)],
        )
        await within(
          `insert into talus.share_links (${LINK}) select ${LINK}
          from json_to_recordset($1::json) as l (link_id text, session_id text, token_hash text,
            role text, expires_at text, created_at text, created_by text)`,
          [JSON.stringify(sessions.flatMap(({ links }) => links))],
        )
        await reached(within, now)
      }),

    addRows: (rows, now) =>
      database.transaction(async (within) => {
        const column = <K extends keyof RowContents>(name: K) => rows.map((row) => row[name])
        await within(
          `insert into talus.log
            (session, seq, after_seq, command_id, payload_hash, ack, consumes, body)
          select s.id, r.seq, r.after_seq, r.command_id, r.payload_hash, r.ack, r.consumes, r.body
          from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[],
            $7::text[], $8::text[]) with ordinality
            r (session_id, seq, after_seq, command_id, payload_hash, ack, consumes, body, n)
          join talus.sessions s on s.session_id = r.session_id order by r.n`,
          [
            column('session_id'),
            column('seq'),
            column('after_seq'),
            column('command_id'),
            column('payload_hash'),
            column('ack'),
            column('consumes'),
            column('body'),
          ],
        )
        await within(
          `update talus.sessions s
          set last_seq = greatest(s.last_seq, e.last_seq), receipts = s.receipts + e.receipts
          from (select session_id, coalesce(max(seq), 0) as last_seq,
              count(*) filter (where seq is null and consumes is null) as receipts
            from unnest($1::text[], $2::bigint[], $3::text[]) r (session_id, seq, consumes)
            group by session_id) e
          where s.session_id = e.session_id`,
          [column('session_id'), column('seq'), column('consumes')],
        )
        await reached(within, now)
      }),

    addSnapshot: (session, parts, now) =>
      withText(database, parts, async (within, text) => {
        const sql =
          'update talus.sessions set snapshot_seq = $1, snapshot = $2 where session_id = $3'
        await within(sql, [session.snapshot_seq, text, session.session_id])
        await reached(within, now)
      }),

    async addProject(project, document, now) {
      const insert = async (within: Query, text: number | null) => {
        const { project_id, project_name, template_id, session_id, created_at } = project
        const { saved_at, saved_seq, envelope } = project
        const named = [project_id, project_name, template_id, session_id, created_at]
        await within(
          `insert into talus.projects (${PROJECT}, document)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [...named, saved_at, saved_seq, envelope, text],
        )
        await reached(within, now)
      }
      if (document === undefined) await database.transaction((within) => insert(within, null))
      else await withText(database, document, insert)
    },

    async end() {
      await query('drop table talus.copying')
    },
  }
}

/** Writes a text, then the row that refers to it; removes the text if that fails. */
async function withText(
  database: PostgresDatabase,
  parts: Parts,
  refer: (within: Query, text: number) => Promise<void>,
): Promise<void> {
  const { text } = await writeText(database.query, parts)
  let isHeld = false
  try {
    await database.transaction(async (within) => {
      await within('delete from talus.loose where text = $1', [text])
      await refer(within, text)
    })
    isHeld = true
  } finally {
    if (!isHeld) await discardText(database.query, text)
  }
}

/** One session in one snapshot of the database, to be replayed. */
export type StoredHistory = {
  record: SessionRecord
  first_seq: number
  last_seq: number
  snapshot: { seq: number; parts: string[] } | null
  receipts: Receipt[]
  /** Throws `DamagedError` where one is missing. */
  entries: () => AsyncIterable<{ seq: number; body: string }>
}

/** Reads a session; undefined: there is none. */
export function viewHistory<T>(
  database: PostgresDatabase,
  session_id: string,
  look: (history: StoredHistory) => Promise<T>,
): Promise<T | undefined> {
  return database.view(async (query) => {
    const head = await headOf(query, session_id)
    if (!head) return undefined
    const { epoch, template_id, project_id, created_at, first_seq, last_seq } = head
    const { snapshot_seq: seq, snapshot: text } = head
    const parts = seq === null || text === null ? undefined : await partsOf(query, text)
    return await look({
      record: { session_id, epoch, template_id, project_id, created_at },
      first_seq,
      last_seq,
      snapshot: seq === null || !parts ? null : { seq, parts },
      receipts: await receiptsOf(query, head.id, 0),
      async *entries() {
        for (let after_seq = first_seq - 1; after_seq < last_seq;) {
          const window = { after_seq, limit: Number.MAX_SAFE_INTEGER, chars: PAGE.chars }
          const some = await entriesOf(query, head, window)
          yield* some
          after_seq += some.length
        }
      },
    })
  })
}
