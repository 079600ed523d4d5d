import { isDeepStrictEqual } from 'node:util'
import { resolve } from 'node:path'
import { SettingError, StorageError } from '../errors.js'
import type {
  Contents,
  CopyTarget,
  Progress,
  RowContents,
  SessionContents,
  Taken,
} from '../journal/contents.js'
import type { ProjectRecord } from '../journal/journal.js'
import { lockFor } from '../journal/sqlite/lock.js'
import { contentsOf, openCopyTarget } from '../journal/sqlite/contents.js'
import * as postgres from '../journal/postgres/contents.js'
import { expectSchema } from '../journal/postgres/schema.js'
import { type Command, databaseIn, isDatabaseUrl, isSameFile, openReading } from './command.js'
import { verifyStored } from './postgres.js'
import type { SessionVerdict } from './replay.js'
import { verifySession } from './verify.js'

export const copy: Command = {
  name: 'copy',
  usage: 'talus-server copy --from DIR|URL --to DIR|URL',
  summary:
    'copies a data folder to a PostgreSQL database, or back, and verifies both; stop the servers first; run it again to continue after an interruption',
  options: { from: { type: 'string' }, to: { type: 'string' } },
  required: ['from', 'to'],
  databases: true,
  async run(_, { from, to }) {
    const [source, target] = [placeOf(String(from)), placeOf(String(to))]
    expectTwo(source, target)
    const read = await openSource(source)
    try {
      const write = await openTarget(target)
      try {
        await copyAll(read, write)
      } finally {
        await write.target.close()
      }
    } finally {
      await read.contents.close()
    }
    return 0
  },
}

/** The database of a data folder, or a PostgreSQL URL. */
type Place = { file: string } | { url: string }

function placeOf(text: string): Place {
  if (isDatabaseUrl(text)) return { url: text }
  if (/^\w{2,}:\/\//.test(text)) {
    throw new SettingError(
      `${text.split('://')[0]}:// is no place for data: expected a folder, or postgres://user@host/name`,
    )
  }
  return { file: databaseIn(resolve(text)) }
}

function expectTwo(source: Place, target: Place): void {
  const isSame =
    'file' in source
      ? 'file' in target && (source.file === target.file || isSameFile(source.file, target.file))
      : 'url' in target && source.url === target.url
  if (isSame) throw new StorageError('--from and --to are the same')
}

type Source = { contents: Contents; verify: (session_id: string) => Promise<SessionVerdict> }

type Target = { target: CopyTarget; verify: (session_id: string) => Promise<SessionVerdict> }

async function openSource(place: Place): Promise<Source> {
  if ('url' in place) {
    const database = await postgres.commandDatabase(place.url)
    try {
      await expectSchema(database)
      const contents = postgres.contentsOf(database)
      await contents.expectUnused()
      return { contents, verify: (session_id) => verifyStored(database, session_id) }
    } catch (error) {
      await database.close()
      throw error
    }
  }
  const { file } = place
  const reading = openReading(file)
  try {
    if (reading.hasLostCommits()) {
      throw new StorageError(`${file} has lost commits, its log is damaged: restore a backup first`)
    }
    const lock = lockFor(file)
    reading.database.view(() => reading.tail.refresh())
    const close = async () => {
      reading[Symbol.dispose]()
      lock.release()
    }
    return {
      contents: { ...contentsOf(reading, file), close },
      verify: async (session_id) => verifySession(reading, session_id),
    }
  } catch (error) {
    reading[Symbol.dispose]()
    throw error
  }
}

async function openTarget(place: Place): Promise<Target> {
  if ('file' in place) {
    const target = await openCopyTarget(place.file)
    return { target, verify: async (session_id) => verifySession(target.reading, session_id) }
  }
  const database = await postgres.commandDatabase(place.url)
  try {
    const target = await postgres.openCopyTarget(database)
    await target.expectUnused()
    return { target, verify: (session_id) => verifyStored(database, session_id) }
  } catch (error) {
    await database.close()
    throw error
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function copyAll(source: Source, { target, verify }: Target): Promise<void> {
  const { contents } = source
  const begun = await target.progress()
  if (begun && begun.source !== contents.place) {
    throw new StorageError(
      `${target.place} has an unfinished copy of ${begun.source}: finish that one, or empty the target`,
    )
  }
  if (begun) say(`Going on with the copy of ${contents.place} to ${target.place}`)
  else await expectFree(contents, target)
  const progress = begun ?? (await target.begin(contents.place))
  await copyContents(contents, target, progress)
  const told = await compare(source, { target, verify }, progress.before)
  // Commits that a server made during the copy may be missing.
  await contents.expectUnused()
  await target.expectUnused()
  await target.end()
  say(`Copied ${contents.place} to ${target.place}`)
  say(
    `Verified: ${told.sessions} sessions replay to the same graphs on both sides; the same ` +
      `${told.entries} entries, ${told.receipts} receipts, ${told.snapshots} snapshots and ` +
      `${told.projects} projects`,
  )
}

/** Items of all pages. `next`: the cursor after a page. */
async function* everything<T, At>(
  read: (after: At) => Promise<T[]>,
  after: At,
  next: (last: T) => At,
): AsyncGenerator<T> {
  for (let at = after; ;) {
    const page = await read(at)
    const last = page.at(-1)
    if (last === undefined) return
    yield* page
    at = next(last)
  }
}

function sessionsOf(contents: Contents, after = 0): AsyncGenerator<SessionContents> {
  return everything(
    (at) => contents.sessions(at),
    after,
    ({ number }) => number,
  )
}

function projectsOf(contents: Contents, after = ''): AsyncGenerator<ProjectRecord> {
  return everything(
    (at) => contents.projects(at),
    after,
    ({ project_id }) => project_id,
  )
}

async function* rowsOf(contents: Contents, after = 0): AsyncGenerator<RowContents> {
  for (let at = after; ;) {
    const { rows, through } = await contents.rows(at)
    if (through === undefined) return
    yield* rows
    at = through
  }
}

/** Throws `StorageError` when the target has a different session or project with an id of the source. */
async function expectFree(source: Contents, target: CopyTarget): Promise<void> {
  const expect = async (what: Taken, name: string, ids: readonly string[]) => {
    const [first, ...more] = await target.taken(what, ids)
    if (first === undefined) return
    const others = more.length > 0 ? ` and ${more.length} more` : ''
    throw new StorageError(`${target.place} has a ${name} ${first} already${others}`)
  }
  for (let at = 0; ;) {
    const page = await source.sessions(at)
    const last = page.at(-1)
    if (!last) break
    at = last.number
    await expect(
      'sessions',
      'session',
      page.map(({ session_id }) => session_id),
    )
    const links = page.flatMap((session) => session.links)
    await expect(
      'share_links',
      'share link',
      links.map(({ link_id }) => link_id),
    )
  }
  for await (const { project_id } of projectsOf(source)) {
    await expect('projects', 'project', [project_id])
  }
}

async function copyContents(source: Contents, target: CopyTarget, begun: Progress): Promise<void> {
  let now = begun
  for (;;) {
    const page = await source.sessions(now.session)
    const last = page.at(-1)
    if (!last) break
    now = { ...now, session: last.number }
    await target.addSessions(page, now)
  }
  for (;;) {
    const { rows, through } = await source.rows(now.row)
    if (through === undefined) break
    now = { ...now, row: through }
    await target.addRows(rows, now)
  }
  for await (const session of sessionsOf(source, now.snapshot)) {
    if (session.snapshot_seq === null) continue
    now = { ...now, snapshot: session.number }
    await target.addSnapshot(session, source.snapshot(session.session_id), now)
  }
  for await (const project of projectsOf(source, now.project)) {
    now = { ...now, project: project.project_id }
    await target.addProject(project, await source.document(project.project_id), now)
  }
}

type Told = {
  sessions: number
  entries: number
  receipts: number
  snapshots: number
  projects: number
}

function differs(what: string): StorageError {
  return new StorageError(
    `${what} is not the same on both sides: the source has changed since the copy began. Empty the target and copy again`,
  )
}

/** Compares two sequences item by item; calls `onEqual` for each. */
async function expectEqual<T>(
  sides: { source: AsyncIterable<T> | Iterable<T>; target: AsyncIterable<T> | Iterable<T> },
  nameOf: (item: T) => string,
  onEqual: (item: T) => void | Promise<void>,
): Promise<void> {
  const others = iteratorOf(sides.target)
  for await (const item of sides.source) {
    const other = await others.next()
    if (other.done || !isDeepStrictEqual(plain(item), plain(other.value))) {
      throw differs(nameOf(item))
    }
    await onEqual(item)
  }
  const more = await others.next()
  if (!more.done) throw differs(nameOf(more.value))
}

function iteratorOf<T>(items: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
}

/** Removes numbers that each store assigns itself, and characters that PostgreSQL cannot store. */
function plain(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item
  const { number: _, id: __, ...rest } = item as Record<string, unknown>
  if (!('members' in rest)) return rest
  return JSON.parse(JSON.stringify(rest).replaceAll('\\u0000', '\ufffd'))
}

/** Throws `StorageError` unless the target has what the source has, and both replay to the same. */
async function compare(
  source: Source,
  { target, verify }: Target,
  before: Progress['before'],
): Promise<Told> {
  const told = { sessions: 0, entries: 0, receipts: 0, snapshots: 0, projects: 0 }
  const { contents } = source
  await expectEqual(
    { source: rowsOf(contents), target: rowsOf(target, before.row) },
    ({ session_id, seq, command_id }) =>
      seq === null
        ? `The receipt of ${command_id} in session ${session_id}`
        : `The entry at seq ${seq} of session ${session_id}`,
    ({ seq }) => {
      if (seq === null) told.receipts += 1
      else told.entries += 1
    },
  )
  await expectEqual(
    { source: sessionsOf(contents), target: sessionsOf(target, before.session) },
    ({ session_id }) => `Session ${session_id}`,
    async ({ session_id, snapshot_seq }) => {
      told.sessions += 1
      if (snapshot_seq !== null) {
        told.snapshots += 1
        const [one, other] = [contents.snapshot(session_id), target.snapshot(session_id)]
        const name = () => `The snapshot of session ${session_id}`
        await expectEqual({ source: one, target: other }, name, () => undefined)
      }
      await expectSameGraph(await source.verify(session_id), await verify(session_id))
    },
  )
  for await (const project of projectsOf(contents)) {
    const { project_id } = project
    const other = await target.project(project_id)
    if (!isDeepStrictEqual(project, other)) throw differs(`Project ${project_id}`)
    const [one, copied] = [await contents.document(project_id), await target.document(project_id)]
    const name = () => `The saved document of project ${project_id}`
    await expectEqual({ source: one ?? [], target: copied ?? [] }, name, () => undefined)
    told.projects += 1
  }
  return told
}

async function expectSameGraph(one: SessionVerdict, other: SessionVerdict): Promise<void> {
  for (const { damage } of [one, other]) if (damage !== null) throw new StorageError(damage)
  if (one.seq === other.seq && one.graph_hash === other.graph_hash) return
  throw differs(`The graph of session ${one.session_id}`)
}
