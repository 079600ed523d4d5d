import { statSync } from 'node:fs'
import { databaseIn, type Command } from './command.js'
import { openReading } from './reading.js'
import { table } from './table.js'
import { projectTotals, sessionTotals, type ProjectTotals, type SessionTotals } from './totals.js'

export const inspect: Command = {
  name: 'inspect',
  usage: 'talus-server inspect [--data-dir DIR] [--json]',
  summary: 'lists sessions and projects with their sizes; the server may be running',
  options: { json: { type: 'boolean' } },
  required: [],
  async run(dataDir, { json }) {
    const file = databaseIn(dataDir)
    await using reading = await openReading(file)
    const sessions = await sessionTotals(reading.db)
    const projects = await projectTotals(reading.db)
    const sizes = { bytes: sizeOf(file), log_bytes: sizeOf(`${file}-wal`) }
    const all = { file, ...sizes, sessions, projects }
    process.stdout.write(json ? `${JSON.stringify(all, null, 2)}\n` : textOf(all))
    return 0
  },
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

type All = {
  file: string
  bytes: number
  log_bytes: number
  sessions: SessionTotals[]
  projects: ProjectTotals[]
}

function textOf({ file, bytes, log_bytes, sessions, projects }: All): string {
  const counted = `${sessions.length} sessions, ${projects.length} projects`
  const head = `${file}: ${sizeText(bytes)} and ${sizeText(log_bytes)} of log, ${counted}\n`
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
    ]),
  )
}

function projectTable(projects: readonly ProjectTotals[]): string {
  if (projects.length === 0) return ''
  return table(
    ['PROJECT', 'NAME', 'SESSION', 'SAVED AT SEQ', 'SIZE'],
    projects.map((project) => [
      project.project_id,
      project.project_name,
      project.session_id,
      project.saved_seq === null ? '-' : String(project.saved_seq),
      sizeText(project.document_bytes),
    ]),
  )
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length)
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`
}
