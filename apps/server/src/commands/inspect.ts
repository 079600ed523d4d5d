import { statSync } from 'node:fs'
import type { Entry } from '@talus/protocol'
import type { SqlValue } from '../journal/sqlite/database.js'
import { lastSeq, readEntries, type Reading } from '../journal/sqlite/history.js'
import { projectDamage } from '../journal/sqlite/projects.js'
import type { SessionRow } from '../journal/sqlite/schema.js'
import {
  type Command,
  databaseIn,
  inDatabase,
  isMachineFailure,
  openReading,
  table,
} from './command.js'
import { inspectDatabase } from './postgres.js'
import { sessionDamage, textOf as bodyTextOf } from './verify.js'

export const inspect: Command = {
  name: 'inspect',
  usage: 'talus-server inspect [--data-dir DIR | --database-url URL] [--json]',
  summary: 'lists sessions and projects with sizes and damage; the server may be running',
  options: { json: { type: 'boolean' } },
  required: [],
  databases: true,
  async run({ dataDir, databaseUrl }, { json }) {
    const all =
      databaseUrl === undefined
        ? inspectFile(databaseIn(dataDir))
        : await inDatabase(databaseUrl, inspectDatabase)
    process.stdout.write(json ? `${JSON.stringify(all, null, 2)}\n` : textOf(all))
    return 0
  },
}

function inspectFile(file: string): Inspected {
  using reading = openReading(file)
  const sessions = sessionTotals(reading)
  const projects = projectTotals(reading)
  const sizes = { bytes: sizeOf(file), log_bytes: sizeOf(`${file}-wal`) }
  return { file, ...sizes, sessions, projects }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** `file`: path of the SQLite database, or host and name of the PostgreSQL database. */
export type Inspected = {
  file: string
  bytes: number
  /** Null: unknown. */
  log_bytes: number | null
  sessions: SessionTotals[]
  projects: ProjectTotals[]
}

function textOf({ file, bytes, log_bytes, sessions, projects }: Inspected): string {
  const counted = `${sessions.length} sessions, ${projects.length} projects`
  const log = log_bytes === null ? '' : ` and ${sizeText(log_bytes)} of log`
  const head = `${file}: ${sizeText(bytes)}${log}, ${counted}\n`
  return [head, sessionTable(sessions), projectTable(projects)].filter(Boolean).join('\n')
}

function sessionTable(sessions: readonly SessionTotals[]): string {
  if (sessions.length === 0) return ''
  return table(
    [
      'SESSION',
      'PROJECT',
      'SEQ',
      'KEPT FROM',
      'ENTRIES',
      'SNAPSHOT',
      'SIZE',
      'CREATED',
      'OLDEST ENTRY',
      'DAMAGE',
    ],
    sessions.map((session) => [
      session.session_id,
      session.project_id ?? '-',
      String(session.seq),
      String(session.first_seq),
      sizeText(session.entry_bytes),
      session.snapshot_seq === null ? '-' : `at ${session.snapshot_seq}`,
      sizeText(session.snapshot_bytes),
      session.created_at,
      session.oldest ?? '-',
      session.damage ?? '-',
    ]),
  )
}

function projectTable(projects: readonly ProjectTotals[]): string {
  if (projects.length === 0) return ''
  return table(
    ['PROJECT', 'NAME', 'SESSION', 'SAVED AT SEQ', 'SIZE', 'DAMAGE'],
    projects.map((project) => [
      project.project_id,
      project.project_name,
      project.session_id,
      project.saved_seq === null ? '-' : String(project.saved_seq),
      sizeText(project.document_bytes),
      project.damage ?? '-',
    ]),
  )
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length)
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`
}

/** The report of `inspect` on a session. Sizes are bytes of text. */
export type SessionTotals = {
  session_id: string
  project_id: string | null
  template_id: string | null
  epoch: string
  created_at: string
  /** The first entry that is kept. */
  first_seq: number
  seq: number
  /** Timestamp of the first entry that is kept; null: there is none, or it cannot be read. */
  oldest: string | null
  entries: number
  entry_bytes: number
  receipts: number
  snapshot_seq: number | null
  snapshot_bytes: number
  /**
   * The first damage, by the digests; `verify` also replays. For PostgreSQL always null: it has its
   * own checksums.
   */
  damage: string | null
}

export type ProjectTotals = {
  project_id: string
  project_name: string
  session_id: string
  saved_at: string | null
  saved_seq: number | null
  document_bytes: number
  damage: string | null
}

/** Sessions, oldest first. */
function sessionTotals(reading: Reading): SessionTotals[] {
  const { database, tail } = reading
  const rows = database.view(() => {
    tail.refresh()
    const all = database.prepare('select * from sessions order by created_at, session_id').all()
    return (all as SessionRow[]).map((row) => ({ row, told: totalsOf(reading, row) }))
  })
  return rows.map(({ row, told }) => ({
    ...told,
    damage: sessionDamage(reading, row.session_id),
  }))
}

const SIZES = `select count(*) as entries, sum(octet_length(log.body)) as bytes
  from by_seq join log on log.id = by_seq.id where by_seq.session = ? and by_seq.seq >= ?`

const LONG = `select sum(octet_length(parts.body)) as bytes
  from by_seq join log on log.id = by_seq.id join parts on parts.text = log.text
  where by_seq.session = ?`

/** Size of a session; rows that are not indexed yet are read one by one. */
function totalsOf(reading: Reading, row: SessionRow): Omit<SessionTotals, 'damage'> {
  const { database, tail } = reading
  const { id, session_id, project_id, template_id, epoch, created_at, first_seq, last_seq } = row
  const number = (sql: string, ...values: SqlValue[]) =>
    Object.values(database.prepare(sql).get(...values) as object).map((one) => Number(one ?? 0))
  const [entries = 0, bytes = 0] = number(SIZES, id, first_seq)
  const [long = 0] = number(LONG, id)
  const [receipts = 0] = number('select count(*) from by_receipt where session = ?', id)
  const [snapshot_bytes = 0] = number(
    'select sum(octet_length(body)) from parts where text = ?',
    row.snapshot_text,
  )
  const behind = tail.rowsOf(id).filter(({ seq, id: at }) => {
    return seq === null ? at > row.last_receipt : seq > last_seq
  })
  const later = behind.filter(({ seq }) => seq !== null)
  const size = `select coalesce(octet_length(body), 0) +
    coalesce((select sum(octet_length(parts.body)) from parts where parts.text = log.text), 0)
    from log where id = ?`
  const laterBytes = later.reduce((sum, { id: at }) => sum + (number(size, at)[0] ?? 0), 0)
  return {
    session_id,
    project_id,
    template_id,
    epoch,
    created_at,
    first_seq,
    seq: lastSeq(reading, row),
    oldest: oldestOf(reading, row),
    entries: entries + later.length,
    entry_bytes: bytes + long + laterBytes,
    receipts: receipts + behind.length - later.length,
    snapshot_seq: row.snapshot_seq,
    snapshot_bytes,
  }
}

function oldestOf(reading: Reading, row: SessionRow): string | null {
  try {
    const [entry] = readEntries(reading, row, { after_seq: row.first_seq - 1, limit: 1 })
    return entry ? (JSON.parse(bodyTextOf(reading, row, entry)) as Entry).timestamp : null
  } catch (error) {
    // `verify` reports the damage; here one column stays empty.
    if (isMachineFailure(error)) throw error
    return null
  }
}

/** Projects, oldest first. */
function projectTotals({ database }: Reading): ProjectTotals[] {
  const sql = `select p.project_id, p.project_name, p.session_id, p.saved_at, p.saved_seq,
      (select coalesce(sum(octet_length(d.body)), 0)
        from parts d where d.text = p.document_text) as document_bytes
    from projects p order by p.created_at, p.project_id`
  const rows = database.prepare(sql).all() as Omit<ProjectTotals, 'damage'>[]
  return rows.map((row) => ({ ...row, damage: projectDamage(database, row.project_id) }))
}
