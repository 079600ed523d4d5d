import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runSql } from '@talus/services'
import pg from 'pg'
import { expect, test } from 'vitest'
import { type RawClient, testApp, type TestApp } from './harness.js'
import { temporaryDatabase } from './postgres-database.js'
import { launch } from './server-process.js'
import { ONE_LINE, ran } from './stored-folder.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const AUTH = ['--jwt-secret', SECRET, '--admins', 'root']

const HOUR = 3_600_000

type Json = Record<string, unknown>

const run = promisify(execFile)

/** Runs a program of PostgreSQL, found by the path. */
const runTool = async (name: string, ...args: string[]) => void (await run(name, args))

const newFolder = async () => join(await mkdtemp(join(tmpdir(), 'talus-copy-')), 'data')

type Stored = { session_id: string; project_id: string; token: string; reads: Json }

/** All that is told of a session and its project. */
async function readsOf(app: TestApp, session_id: string, project_id: string): Promise<Json> {
  const headers = await bearer('ann')
  const paths = [
    `/graph?session_id=${session_id}`,
    `/sessions/${session_id}/changes?after_seq=2000&limit=1000`,
    `/sessions/${session_id}/members`,
    `/sessions/${session_id}/share-links`,
    `/projects/${project_id}`,
    `/projects/${project_id}/export`,
    '/projects',
  ]
  const reads: Json = {}
  for (const path of paths) {
    const { status, body } = await app.api('GET', path, undefined, headers)
    expect([path, status]).toEqual([path, 200])
    reads[path] = body
  }
  return reads
}

const clientOf = async (app: TestApp, sub: string, session_id: string): Promise<RawClient> =>
  (await app.client({ auth: { token: await tokenFor(sub) } })).join(session_id)

const undo = (client: RawClient, session_id: string, rest: object = {}) =>
  client.ask('undo_command', { session_id, ...rest })

/** What a session has that is worth to be kept, made by a server, which has ended. */
async function fill(dataDir: string): Promise<Stored> {
  const sweeps: (() => void)[] = []
  const after = (ms: number, work: () => void) => {
    if (ms === HOUR) sweeps.push(work)
    else setTimeout(work, ms).unref()
  }
  await using app = await testApp({ dataDir, args: [...AUTH, '--retain-entries', '600'], after })
  const headers = await bearer('ann')
  const named = { template_id: 'film-production', project_name: 'Night Train' }
  const { session_id, project_id } = (await app.api('POST', '/projects', named, headers))
    .body as Stored
  const path = `/sessions/${session_id}`
  await app.api('PUT', `${path}/members/ben`, { role: 'editor' }, headers)
  const link = await app.api('POST', `${path}/share-links`, { role: 'viewer' }, headers)
  const [ann, ben] = [
    await clientOf(app, 'ann', session_id),
    await clientOf(app, 'ben', session_id),
  ]
  const scene = (name: string) => ({ blueprint_type_id: 'scene', name, node_id: name })
  for (let done = 0; done < 2_400; done += 200) {
    const made = Array.from({ length: 200 }, (_, i) => `scene-${done + i}`)
    const acks = made.map((name) =>
      ann.execute(session_id, 'CreateNode', scene(name), { command_id: `make-${name}` }),
    )
    for (const ack of await Promise.all(acks)) expect(ack).toMatchObject({ ok: true })
  }
  const rename = (client: RawClient, node_id: string, new_value: string, command_id: string) =>
    client.execute(
      session_id,
      'UpdateProperty',
      { node_id, property_id: 'name', new_value },
      { command_id },
    )
  await app.api('POST', `/projects/${project_id}/save`, {}, headers)
  // Removes what is old, and writes a snapshot before it.
  const isSwept = async () => {
    const { stdout } = await ran('inspect', '--json', '--data-dir', dataDir)
    return (JSON.parse(stdout) as { sessions: Json[] }).sessions.some(
      ({ first_seq }) => Number(first_seq) > 900,
    )
  }
  while (!(await isSwept())) {
    for (const sweep of sweeps.splice(0)) sweep()
    await pause(50)
  }
  await ann.execute(session_id, 'DeleteNode', { node_id: 'scene-7' })
  await ann.execute(session_id, 'DeleteNode', { node_id: 'scene-8' })
  expect(await undo(ann, session_id)).toMatchObject({ ok: true, undo: { status: 'applied' } })
  // A step that comes to nothing, and a command that changes nothing: each leaves a receipt.
  await rename(ben, 'scene-9', 'by ben', 'by-ben')
  await rename(ann, 'scene-9', 'by ann', 'by-ann')
  expect(await undo(ben, session_id)).toMatchObject({ seq: null, undo: { status: 'noop' } })
  expect(await rename(ann, 'scene-9', 'by ann', 'same')).toMatchObject({ ok: true, seq: null })
  await rename(ann, 'scene-10', 'x'.repeat(300_000), 'long')
  // A deleted session leaves nothing to be copied.
  const other = await app.api('POST', '/sessions', { session_id: 'gone' }, headers)
  expect(other.status).toBe(201)
  await app.api('DELETE', '/sessions/gone', undefined, headers)
  await app.api('POST', '/sessions', { session_id: 'empty' }, headers)
  const reads = await readsOf(app, session_id, project_id)
  return { session_id, project_id, token: String(link.body.token), reads }
}

/** A server on what was copied tells the same, and goes on with it. */
async function expectSame(args: string[], stored: Stored, rest: object): Promise<void> {
  const { session_id, project_id, token, reads } = stored
  await using app = await testApp({ args: [...AUTH, ...args], ...rest })
  const told = await readsOf(app, session_id, project_id)
  for (const [path, body] of Object.entries(reads)) expect([path, told[path]]).toEqual([path, body])
  const guest = await app.client({ auth: { share_token: token } })
  expect(await guest.ask('join_session', { session_id })).toMatchObject({ role: 'viewer' })
  // Both of an entry that was removed, and of one that is there, and of a receipt.
  const ann = await clientOf(app, 'ann', session_id)
  const scene = (name: string) => ({ blueprint_type_id: 'scene', name, node_id: name })
  for (const name of ['scene-3', 'scene-2300']) {
    const rest = { command_id: `make-${name}` }
    const again = await ann.execute(session_id, 'CreateNode', scene(name), rest)
    expect(again).toMatchObject({ ok: true, duplicate: true, seq: expect.any(Number) })
  }
  const same = { node_id: 'scene-9', property_id: 'name', new_value: 'by ann' }
  expect(
    await ann.execute(session_id, 'UpdateProperty', same, { command_id: 'same' }),
  ).toMatchObject({ ok: true, duplicate: true, seq: null })
}

/** The last thing that ann did is undone, and done again. */
async function undoneAndRedone(args: string[], { session_id }: Stored): Promise<Json[]> {
  await using app = await testApp({ args: [...AUTH, ...args] })
  const ann = await clientOf(app, 'ann', session_id)
  const told = [await undo(ann, session_id), await ann.ask('redo_command', { session_id })]
  expect(told).toMatchObject([{ undo: { status: 'applied' } }, { undo: { status: 'applied' } }])
  return told
}

/** Ends a copy with kill -9 once it waits for something; what it was doing in the database ends too. */
async function killedInBetween(url: string, args: string[], waits: string): Promise<void> {
  await using copying = launch(['copy', ...args])
  const sql = `select pid from pg_stat_activity where datname = current_database()
    and application_name = 'talus-command' and ${waits}`
  while ((await runSql(url, sql)).length === 0) await pause(20)
  copying.kill('SIGKILL')
  expect((await copying.ended).signal).toBe('SIGKILL')
  const end = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and application_name = 'talus-command'`
  while ((await runSql(url, end)).length > 0) await pause(20)
}

const WAIT_AT = `
  create function wait_here() returns trigger language plpgsql as
    $$ begin perform pg_sleep(3600); return new; end $$;
  create trigger wait before insert on talus.log for each row when (new.seq = 2350)
    execute function wait_here();`

const VERIFIED =
  /^Verified: 2 sessions replay to the same graphs on both sides; the same 2\d{3} entries, 2 receipts, 1 snapshots and 1 projects$/m

test('[STORE1] a folder is copied to PostgreSQL and back, each ended in between, and nothing is lost or doubled', async () => {
  const dataDir = await newFolder()
  const stored = await fill(dataDir)
  await using database = await temporaryDatabase()
  const { url } = database

  expect(await ran('migrate', '--database-url', url)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/: tables of layout 1 created\n$/),
  })
  await runSql(url, WAIT_AT)
  const there = ['--from', dataDir, '--to', url]
  await killedInBetween(url, there, `wait_event = 'PgSleep'`)
  await runSql(url, 'drop function wait_here cascade')

  // Until it is complete, nobody takes it for the data.
  const unfinished = expect.stringContaining('has an unfinished copy')
  const server = launch(['--port', '0', '--database-url', url])
  expect(await server.ended).toMatchObject({ code: 1, stderr: unfinished })
  expect(await ran('verify', '--database-url', url)).toMatchObject({ code: 1, stderr: unfinished })
  const [part] = await runSql<{ rows: number }>(url, 'select count(*)::int as rows from talus.log')
  expect(part?.rows).toBe(2_000)

  const gone = await ran('copy', ...there)
  expect(gone).toMatchObject({ code: 0, stderr: expect.stringMatching(VERIFIED) })
  expect(gone.stderr).toContain('Going on with the copy')
  expect(await ran('copy', ...there)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/ has a session \S+ already and 1 more\n$/),
  })

  // Both commands tell of the database what they tell of the folder.
  const told = async (name: string, ...place: string[]) => {
    const { code, stdout, stderr } = await ran(name, '--json', ...place)
    expect([code, stderr]).toEqual([0, ''])
    const { sessions, projects } = JSON.parse(stdout) as Json
    return { sessions, projects }
  }
  for (const name of ['inspect', 'verify']) {
    expect(await told(name, '--database-url', url)).toEqual(await told(name, '--data-dir', dataDir))
  }

  // A dump has all of it, as the guide says.
  const dump = `${dataDir}.dump`
  await runTool('pg_dump', '--format=custom', '--schema=talus', `--file=${dump}`, url)
  await runSql(url, 'drop table talus.log')
  const into = ['--clean', '--if-exists', '--single-transaction', `--dbname=${url}`]
  await runTool('pg_restore', ...into, dump)

  // Back again, ended while it waits for the snapshot.
  const back = await newFolder()
  const home = ['--from', url, '--to', back]
  {
    const holding = launchLock(url)
    await holding.isHeld
    await killedInBetween(url, home, `wait_event_type = 'Lock'`)
    await holding.end()
  }
  expect(await ran('inspect', '--data-dir', back)).toMatchObject({ code: 1, stderr: unfinished })
  expect(await ran('copy', '--from', dataDir, '--to', back)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/has an unfinished copy of postgres:\S+: finish that one/),
  })
  expect(await ran('copy', ...home)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(VERIFIED),
  })
  expect(await told('inspect', '--data-dir', back)).toEqual(
    await told('inspect', '--data-dir', dataDir),
  )
  expect(await ran('verify', '--data-dir', back)).toMatchObject({ code: 0 })

  // From folder to folder as well.
  const third = await newFolder()
  expect(await ran('copy', '--from', back, '--to', third)).toMatchObject({ code: 0 })

  await expectSame(['--database-url', url], stored, {})
  await expectSame([], stored, { dataDir: back })
  const undone = await undoneAndRedone(['--database-url', url], stored)
  const atHome = await undoneAndRedone(['--data-dir', dataDir], stored)
  expect(undone.map(({ undo: step }) => step)).toEqual(atHome.map(({ undo: step }) => step))
  expect(await ran('verify', '--data-dir', third)).toMatchObject({ code: 0 })
}, 0)

/** Holds a lock on the texts of a database. */
function launchLock(url: string) {
  const { Client } = pg
  const client = new Client({ connectionString: url })
  const isHeld = client
    .connect()
    .then(() => client.query('begin; lock table talus.parts in access exclusive mode'))
  return { isHeld, end: () => client.end() }
}

test('[STORE1] a copy refuses what is in use, and what it cannot do is said in a sentence', async () => {
  await using app = await testApp()
  await using database = await temporaryDatabase()
  await using other = await temporaryDatabase()
  await using shared = await testApp({ args: ['--database-url', database.url] })
  const free = await newFolder()
  const refused: [args: string[], code: number, sentence: RegExp][] = [
    [['copy', '--from', app.dataDir, '--to', other.url], 1, /talus\.db is in use by a server$/],
    [['copy', '--from', database.url, '--to', free], 1, /is in use by a server: stop all servers/],
    [['copy', '--from', free, '--to', other.url], 1, /talus\.db is not there/],
    [['copy', '--from', other.url, '--to', free], 1, /has no schema of Talus/],
    [['copy', '--from', free, '--to', free], 1, /are the same$/],
    [['copy', '--from', free, '--to', 'mysql://db'], 1, /mysql:\/\/ is no place for data/],
    [['copy', '--from', free], 2, /needs --to/],
    [['migrate'], 1, /needs --database-url/],
    [['verify', '--database-url', 'nothing'], 2, /expects a URL/],
    [['backup', '--to', 'x', '--database-url', other.url], 2, /pg_dump --format=custom/],
    [['restore', '--from', 'x', '--database-url', other.url], 2, /pg_restore --clean/],
  ]
  for (const [[name = '', ...args], code, sentence] of refused) {
    const { stderr, ...ended } = await ran(name, ...args)
    expect([name, ended.code, stderr]).toEqual([name, code, expect.stringMatching(ONE_LINE)])
    expect(stderr.trimEnd()).toMatch(sentence)
  }
  expect((await shared.api('GET', '/ready')).status).toBe(200)
}, 0)
