import { dirname } from 'node:path'
import {
  type Contents,
  type CopyTarget,
  PAGE,
  type Parts,
  type Progress,
  type RowContents,
  type RowPage,
  type SessionContents,
  type Taken,
} from '../contents.js'
import { LONG_BODY, piecesOf } from '../entry-text.js'
import { DamagedError, type ProjectRecord, StorageError } from '../journal.js'
import { entryDigest, genesis, projectDigest, receiptDigest, recordDigest } from './chain.js'
import { openDatabase, type SqliteDatabase } from './database.js'
import { findRow, type Reading, recordOf, snapshotRef } from './history.js'
import { createDataFolder } from './open.js'
import { documentDamage, projectReads } from './projects.js'
import { hasTable, type LogRow, prepareForCopy, type SessionRow } from './schema.js'
import { insertLink, insertMember, memberReads } from './sessions.js'
import { Tail } from './tail.js'
import {
  aboutDocument,
  aboutEntry,
  aboutSnapshot,
  PartDamaged,
  readParts,
  snapshotDamage,
  type TextRef,
  Texts,
} from './texts.js'

type SessionNumbered = SessionRow & { created_by: string | null }

type LogOf = LogRow & { session_id: string | null }

/** What a database file holds. The caller keeps others from writing to it. */
export function contentsOf(reading: Reading, file: string): Omit<Contents, 'close'> {
  const { database } = reading
  const { prepare } = database
  const members = memberReads(database)
  const projects = projectReads(database)
  return {
    place: file,

    async sessions(after) {
      const sql = `select * from sessions where id > ? order by id limit ${PAGE.sessions}`
      return (prepare(sql).all(after) as SessionNumbered[]).map((row) => ({
        ...recordOf(row),
        number: row.id,
        created_by: row.created_by,
        first_seq: row.first_seq,
        snapshot_seq: row.snapshot_seq,
        members: members.members(row.session_id),
        links: members.shareLinks(row.session_id),
      }))
    },

    async rows(after): Promise<RowPage> {
      const sql = `select log.*, sessions.session_id from log
        left join sessions on sessions.id = log.session where log.id > ? order by log.id`
      const rows: RowContents[] = []
      let through: number | undefined
      let chars = 0
      let count = 0
      for (const row of prepare(sql).iterate(after) as Iterable<LogOf>) {
        through = row.id
        count += 1
        // What is left of a deleted session is nobody's any more.
        if (row.session_id !== null) {
          const body = wholeBody(reading, row, row.session_id)
          const { id, session_id, seq, after_seq, command_id, payload_hash, ack, consumes } = row
          const told = { id, session_id, seq, after_seq, command_id, payload_hash }
          rows.push({ ...told, ack, consumes, body })
          chars += body?.length ?? 0
        }
        if (count >= PAGE.rows || chars >= PAGE.chars) break
      }
      return { rows, through }
    },

    *snapshot(session_id) {
      const row = findRow(database, session_id)
      const ref = row && snapshotRef(row)
      if (!ref) return
      try {
        yield* partsOf(database, ref)
      } catch (error) {
        const damage = snapshotDamage(row.snapshot_seq ?? 0, error)
        throw new DamagedError(`Session ${session_id}: ${damage}`, { cause: error })
      }
    },

    async projects(after) {
      const sql =
        'select project_id from projects where project_id > ? order by project_id limit 50'
      const rows = prepare(sql).all(after) as { project_id: string }[]
      return rows.flatMap(({ project_id }) => projects.getProject(project_id) ?? [])
    },

    project: async (project_id) => projects.getProject(project_id),

    async document(project_id) {
      const ref = projects.documentOf(project_id)
      return ref && documentParts(database, project_id, ref)
    },

    // Whoever reads or writes here has the lock.
    expectUnused: async () => undefined,
  }
}

function* documentParts(database: SqliteDatabase, project_id: string, ref: TextRef) {
  try {
    yield* partsOf(database, ref)
  } catch (error) {
    throw documentDamage(project_id, error)
  }
}

function* partsOf(database: SqliteDatabase, ref: TextRef): Generator<string> {
  for (let from: number | null = 0; from !== null;) {
    const { bodies, next } = readParts(database, ref, { from, chars: PAGE.chars })
    yield* bodies
    from = next
  }
}

/** The JSON of an entry; null: there is none. Throws `DamagedError` when the row is not as it was written. */
function wholeBody({ database }: Reading, row: LogOf, session_id: string): string | null {
  const isEntry = row.body !== null || row.text !== null
  const name = row.seq === null ? `the receipt of ${row.command_id}` : `the entry at seq ${row.seq}`
  if (!isEntry && receiptDigest(row) !== row.digest) {
    throw new DamagedError(`Session ${session_id}: ${name} is damaged`)
  }
  // That one follows the other is checked when the session is replayed.
  if (row.text === null || row.text_digest === null) return row.body
  const ref = { text: row.text, about: aboutEntry, digest: row.text_digest }
  try {
    return [...partsOf(database, ref)].join('')
  } catch (cause) {
    if (!(cause instanceof PartDamaged)) throw cause
    throw new DamagedError(`Session ${session_id}: ${name} is damaged`, { cause })
  }
}

/** Opens a database file to copy into it; it is created if need be. Throws `StorageError`. */
export async function openCopyTarget(file: string): Promise<CopyTarget & { reading: Reading }> {
  await createDataFolder(dirname(file))
  const database = openDatabase(file, 'full')
  try {
    if (database.isOlder) {
      throw new StorageError(`${file} has lost commits: start a server on it once, to see of which`)
    }
    prepareForCopy(database, file)
    return new SqliteCopyTarget(file, database).target()
  } catch (error) {
    database.close()
    throw error
  }
}

type Head = {
  id: number
  last_seq: number
  last_digest: string
  receipts: number
  last_receipt: number
}

/** Writes what is copied, with its indexes and digests. */
class SqliteCopyTarget {
  readonly #file: string
  readonly #database: SqliteDatabase
  readonly #texts: Texts

  constructor(file: string, database: SqliteDatabase) {
    this.#file = file
    this.#database = database
    this.#texts = new Texts(database)
    // What a copy that was ended was writing.
    while (!this.#texts.isTidy) this.#texts.tidy()
  }

  target(): CopyTarget & { reading: Reading } {
    const database = this.#database
    const tail = new Tail(database)
    tail.refresh()
    if (tail.count > 0) {
      throw new StorageError(
        `${this.#file} was not closed by its server: start and stop one on it first`,
      )
    }
    const reading = { database, tail }
    const { prepare, transaction } = database
    return {
      ...contentsOf(reading, this.#file),
      reading,
      progress: async () => this.#progress(),
      taken: async (what, ids) => this.#taken(what, ids),
      begin: async (source) =>
        transaction(() => {
          const last = (table: string) => {
            const row = prepare(`select coalesce(max(id), 0) as last from ${table}`).get()
            return (row as { last: number }).last
          }
          const before = { session: last('sessions'), row: last('log') }
          const begun = { source, before, session: 0, row: 0, snapshot: 0, project: '' }
          database.connection.exec('create table copying (progress text not null)')
          prepare('insert into copying values (?)').run(JSON.stringify(begun))
          return begun
        }),
      addSessions: async (sessions, now) =>
        transaction(() => {
          for (const session of sessions) this.#insertSession(session)
          this.#reached(now)
        }),
      addRows: async (rows, now) => this.#addRows(rows, now),
      addSnapshot: async ({ session_id, snapshot_seq }, parts, now) => {
        const row = findRow(database, session_id)
        if (!row || snapshot_seq === null) throw notThere(session_id)
        const ref = await this.#write(aboutSnapshot(row.id, snapshot_seq), parts)
        transaction(() => {
          this.#texts.hold(ref)
          prepare(`update sessions set snapshot_seq = ?, snapshot_text = ?, snapshot_digest = ?
            where id = ?`).run(snapshot_seq, ref.text, ref.digest, row.id)
          this.#reached(now)
        })
      },
      addProject: async (project, document, now) => {
        const about = aboutDocument(project.project_id)
        const ref = document && (await this.#write(about, document))
        transaction(() => {
          if (ref) this.#texts.hold(ref)
          this.#insertProject(project, ref)
          this.#reached(now)
        })
      },
      end: async () => transaction(() => database.connection.exec('drop table copying')),
      close: async () => database.close(),
    }
  }

  #progress(): Progress | undefined {
    const { connection } = this.#database
    if (!hasTable(this.#database, 'copying')) return undefined
    const row = connection.prepare('select progress from copying').get() as { progress: string }
    return JSON.parse(row.progress) as Progress
  }

  #reached(now: Progress): void {
    this.#database.prepare('update copying set progress = ?').run(JSON.stringify(now))
  }

  #taken(what: Taken, ids: readonly string[]): string[] {
    const key = { sessions: 'session_id', projects: 'project_id', share_links: 'link_id' }[what]
    const sql = `select ${key} as id from ${what}
      where ${key} in (select value from json_each(?))`
    const rows = this.#database.prepare(sql).all(JSON.stringify(ids)) as { id: string }[]
    return rows.map(({ id }) => id)
  }

  #insertSession(session: SessionContents): void {
    const { prepare } = this.#database
    const { session_id, epoch, template_id, project_id, created_at } = session
    const begin = genesis(session_id)
    prepare(`insert into sessions (session_id, epoch, template_id, project_id, created_at,
        created_by, first_seq, digest, last_digest, first_digest)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
      session_id,
      epoch,
      template_id,
      project_id,
      created_at,
      session.created_by,
      session.first_seq,
      recordDigest(session),
      begin,
      begin,
    )
    for (const member of session.members) insertMember(this.#database, session_id, member)
    for (const link of session.links) insertLink(this.#database, link)
  }

  #insertProject(project: ProjectRecord, document: TextRef | undefined): void {
    const { project_id, project_name, template_id, session_id, created_at } = project
    const { saved_at, saved_seq, envelope } = project
    const digest = document?.digest ?? null
    this.#database
      .prepare('insert into projects values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        project_id,
        project_name,
        template_id,
        session_id,
        created_at,
        saved_at,
        saved_seq,
        envelope,
        document?.text ?? null,
        digest,
        projectDigest(project, digest),
      )
  }

  /** Writes a text that nothing refers to yet. */
  async #write(about: string, parts: Parts): Promise<TextRef> {
    let ref = this.#texts.begin(about)
    let count = 0
    for await (const part of parts) {
      ref = this.#texts.add(ref, count, [part])
      count += 1
    }
    return ref
  }

  async #addRows(rows: readonly RowContents[], now: Progress): Promise<void> {
    const long = new Map<RowContents, TextRef>()
    for (const row of rows) {
      if (row.body === null || row.body.length <= LONG_BODY) continue
      long.set(row, await this.#write(aboutEntry, piecesOf(row.body)))
    }
    const { prepare, transaction } = this.#database
    transaction(() => {
      const heads = new Map<string, Head>()
      for (const row of rows) {
        const head = heads.get(row.session_id) ?? this.#headOf(row.session_id)
        heads.set(row.session_id, head)
        this.#insertRow(row, head, long.get(row))
      }
      const end = prepare(`update sessions set last_seq = ?, last_digest = ?, receipts = ?,
        last_receipt = ? where id = ?`)
      for (const { id, last_seq, last_digest, receipts, last_receipt } of heads.values()) {
        end.run(last_seq, last_digest, receipts, last_receipt, id)
      }
      prepare('update journal set indexed = (select coalesce(max(id), 0) from log)').run()
      this.#reached(now)
    })
  }

  #headOf(session_id: string): Head {
    const row = findRow(this.#database, session_id)
    if (!row) throw notThere(session_id)
    const { id, last_seq, last_digest, receipts, last_receipt } = row
    return { id, last_seq, last_digest, receipts, last_receipt }
  }

  #insertRow(row: RowContents, head: Head, ref: TextRef | undefined): void {
    const { prepare } = this.#database
    const { seq, after_seq, command_id, payload_hash, ack, consumes } = row
    if (ref) this.#texts.hold(ref)
    const body = ref ? null : row.body
    const { last } = prepare('select coalesce(max(id), 0) as last from log').get() as {
      last: number
    }
    const id = last + 1
    const stored: Omit<LogRow, 'digest'> = {
      id,
      session: head.id,
      seq,
      after_seq,
      command_id,
      payload_hash,
      ack,
      consumes,
      text: ref?.text ?? null,
      text_digest: ref?.digest ?? null,
      body,
    }
    const isKept = seq !== null && row.body !== null
    const digest = isKept ? entryDigest(head.last_digest, stored) : receiptDigest(stored)
    prepare(`insert into log (id, session, seq, after_seq, command_id, payload_hash, ack, consumes,
      text, text_digest, digest, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
      id,
      head.id,
      seq,
      after_seq,
      command_id,
      payload_hash,
      ack,
      consumes,
      stored.text,
      stored.text_digest,
      digest,
      body,
    )
    prepare('insert into by_cmd values (?, ?, ?)').run(head.id, command_id, id)
    if (seq === null) {
      const lasting = consumes === null ? 0 : 1
      prepare('insert into by_receipt values (?, ?, ?, ?)').run(head.id, lasting, after_seq, id)
      head.last_receipt = id
      if (lasting === 0) head.receipts += 1
    } else if (isKept) {
      prepare('insert into by_seq values (?, ?, ?)').run(head.id, seq, id)
      head.last_seq = seq
      head.last_digest = digest
    }
  }
}

function notThere(session_id: string): StorageError {
  return new StorageError(`Session ${session_id} is not there any more`)
}
