import { StorageError } from '../errors.js'
import {
  bodyOf,
  damaged,
  expectEnd,
  findRow,
  type LogEntry,
  readEntries,
  type Reading,
  readReceipts,
  recordOf,
  snapshotRef,
} from '../journal/sqlite/history.js'
import { projectDamage } from '../journal/sqlite/projects.js'
import type { SessionRow } from '../journal/sqlite/schema.js'
import { memberReads } from '../journal/sqlite/sessions.js'
import { PartDamaged, readParts, snapshotDamage } from '../journal/sqlite/texts.js'
import {
  type Command,
  databaseIn,
  doing,
  failureText,
  inDatabase,
  isMachineFailure,
  type JournalReading,
  openReading,
} from './command.js'
import { verifyDatabase } from './postgres.js'
import { SessionReplay, type SessionVerdict } from './replay.js'

/** Characters of entries read at a time. */
const PAGE = 1_000_000

/**
 * Checks the digests of a session without replaying it. Gives the first damage, or null.
 */
export function sessionDamage(reading: Reading, session_id: string): string | null {
  try {
    const { database, tail } = reading
    database.view(() => {
      tail.refresh()
      const row = findRow(database, session_id)
      if (row) expectDigests(reading, row)
    })
    return null
  } catch (error) {
    if (!(error instanceof StorageError) || isMachineFailure(error)) throw error
    return error.message
  }
}

function expectDigests(reading: Reading, row: SessionRow): void {
  recordOf(row)
  expectAccess(reading, row)
  readSnapshot(reading, row)
  for (const entry of entriesOf(reading, row)) textOf(reading, row, entry)
  expectEnd(reading, row)
  readReceipts(reading, row, { from_seq: 0 })
}

/** All entries that are kept. */
function* entriesOf(reading: Reading, row: SessionRow): Generator<LogEntry> {
  for (let at = row.first_seq - 1; ;) {
    const entries = readEntries(reading, row, { after_seq: at, chars: PAGE })
    yield* entries
    const last = entries.at(-1)
    if (!last) return
    at = last.seq
  }
}

/** The JSON of an entry. Throws `DamagedError` when a long entry does not match its digest. */
export function textOf({ database }: Reading, { session_id }: SessionRow, entry: LogEntry): string {
  const body = bodyOf(entry)
  if (typeof body === 'string') return body
  try {
    return readParts(database, body, { from: 0, chars: Infinity }).bodies.join('')
  } catch (error) {
    if (error instanceof PartDamaged) throw damaged(session_id, entry.seq, 'is damaged')
    throw error
  }
}

/** The snapshot of a session, or null. Throws `StorageError` when it does not match its digest. */
function readSnapshot({ database }: Reading, row: SessionRow) {
  const ref = snapshotRef(row)
  const { snapshot_seq: seq } = row
  if (!ref || seq === null) return null
  try {
    return { seq, parts: readParts(database, ref, { from: 0, chars: Infinity }).bodies }
  } catch (error) {
    if (isMachineFailure(error)) throw error
    throw new StorageError(`Session ${row.session_id}: ${snapshotDamage(seq, error)}`)
  }
}

/** Throws `StorageError` when a member or a share link does not match its digest. */
function expectAccess({ database }: Reading, { session_id }: SessionRow): void {
  const reads = memberReads(database)
  reads.members(session_id)
  reads.shareLinks(session_id)
}

/** Replays a session, with all digests; then its members and links. */
export function verifySession(reading: Reading, session_id: string): SessionVerdict {
  const { database, tail } = reading
  let replay: SessionReplay | undefined
  try {
    const graph_hash = database.view(() => {
      tail.refresh()
      const row = findRow(database, session_id)
      if (!row) return null
      recordOf(row)
      const { first_seq } = row
      const snapshot = readSnapshot(reading, row)
      const receipts = readReceipts(reading, row, { from_seq: 0 })
      replay = new SessionReplay({ session_id, first_seq, snapshot, receipts })
      for (const entry of entriesOf(reading, row)) {
        replay.take(entry.seq, textOf(reading, row, entry))
      }
      if (replay.seq < (snapshot?.seq ?? 0)) throw damaged(session_id, replay.seq + 1, 'is missing')
      expectEnd(reading, row)
      expectIds(reading, row)
      expectAccess(reading, row)
      return replay.graphHash()
    })
    return { session_id, seq: replay?.seq ?? 0, damage: null, graph_hash }
  } catch (error) {
    if (!(error instanceof StorageError) || isMachineFailure(error)) throw error
    return { session_id, seq: replay?.seq ?? 0, damage: error.message, graph_hash: null }
  }
}

type Lost = { seq: number | null; after_seq: number | null }

/** Every command must be found by its id, so that a retry is recognized (rule IDEM1). */
function expectIds({ database }: Reading, { id, session_id }: SessionRow): void {
  for (const index of ['by_seq', 'by_receipt']) {
    const sql = `select log.seq, log.after_seq from ${index} i join log on log.id = i.id
      where i.session = ? and not exists (select 1 from by_cmd
        where by_cmd.session = i.session and by_cmd.command_id = log.command_id
        and by_cmd.id = log.id)
      limit 1`
    const lost = database.prepare(sql).get(id) as Lost | undefined
    if (!lost) continue
    if (lost.seq !== null) throw damaged(session_id, lost.seq, 'is not found by its command')
    const place = `Session ${session_id}: a receipt after seq ${lost.after_seq}`
    throw new StorageError(`${place} is not found by its command`)
  }
}

/** `database`: damage of the file outside its sessions. */
export type Verdict = { ok: boolean; sessions: SessionVerdict[]; database: string[] }

export const verify: Command = {
  name: 'verify',
  usage: 'talus-server verify [--data-dir DIR | --database-url URL] [--json]',
  summary:
    'replays every session and checks every digest; on damage, reports the place and exits with 1',
  options: { json: { type: 'boolean' } },
  required: [],
  databases: true,
  async run({ dataDir, databaseUrl }, { json }) {
    const verdict =
      databaseUrl === undefined
        ? verifyFile(databaseIn(dataDir))
        : await inDatabase(databaseUrl, verifyDatabase)
    process.stdout.write(json ? `${JSON.stringify(verdict, null, 2)}\n` : reportOf(verdict))
    return verdict.ok ? 0 : 1
  },
}

const DAMAGED_LOG = 'The log (talus.db-wal) is damaged: the commits that it held last are missing'

/** Checks a whole database, also while a server writes to it. */
export function verifyFile(file: string): Verdict {
  using reading = openReading(file)
  const database: string[] = []
  const sessions: SessionVerdict[] = []
  try {
    for (const session_id of idsOf(reading)) {
      sessions.push(verifySession(reading, session_id))
    }
    database.push(...projectDamages(reading), ...strayRows(reading), ...integrityOf(reading))
    if (reading.hasLostCommits()) database.push(DAMAGED_LOG)
  } catch (error) {
    // A failure of the disk says nothing about the data.
    if (isMachineFailure(error)) throw error
    database.push(failureText(error))
  }
  const ok = database.length === 0 && sessions.every(({ damage }) => damage === null)
  return { ok, sessions, database }
}

function projectDamages({ database }: JournalReading): string[] {
  const projects = database.prepare('select project_id from projects').all()
  return (projects as { project_id: string }[]).flatMap(
    ({ project_id }) => projectDamage(database, project_id) ?? [],
  )
}

/** Rows of missing sessions that were not deleted. */
function strayRows({ database }: JournalReading): string[] {
  const sql = `select distinct session from by_seq
    where session not in (select id from sessions union select session from gone)`
  const rows = database.prepare(sql).all() as { session: number }[]
  return rows.map(({ session }) => `Session number ${session} is missing, its entries are there`)
}

/** Throws `StorageError` that lists all damage. */
export function expectWhole(file: string): void {
  const { ok, sessions, database } = verifyFile(file)
  if (ok) return
  throw damagedFile(file, [...sessions.flatMap(({ damage }) => damage ?? []), ...database])
}

/** Throws `StorageError` if pages or indexes of a database are damaged. */
export async function expectWholePages(file: string): Promise<void> {
  await doing(`${file} cannot be read`, () => {
    using stored = openReading(file)
    const wrong = integrityOf(stored)
    if (wrong.length > 0) throw damagedFile(file, wrong)
  })
}

/** Places that an error names; `verify` lists all. */
const NAMED = 3

function damagedFile(file: string, places: readonly string[]): StorageError {
  const more = places.length > NAMED ? `; and ${places.length - NAMED} more` : ''
  return new StorageError(`${file} is damaged: ${places.slice(0, NAMED).join('; ')}${more}`)
}

function idsOf({ database }: JournalReading): string[] {
  const rows = database.prepare('select session_id from sessions order by session_id').all()
  return (rows as { session_id: string }[]).map(({ session_id }) => session_id)
}

/** Damage of pages and indexes, which digests of rows cannot see. */
function integrityOf({ database }: JournalReading): string[] {
  const rows = database.prepare('pragma integrity_check').all() as { integrity_check: string }[]
  return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
}

function reportOf({ ok, sessions, database }: Verdict): string {
  const lines = sessions.map(
    ({ session_id, seq, damage }) => `${session_id}: ${damage ?? `whole, to seq ${seq}`}`,
  )
  const end = ok ? `${sessions.length} sessions are whole` : 'The data is damaged'
  return [...lines, ...database, end, ''].join('\n')
}
