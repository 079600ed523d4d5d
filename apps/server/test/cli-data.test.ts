import { cp, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { capturedLog } from './captured-log.js'
import { testApp } from './harness.js'
import { launch, launchOn } from './server-process.js'
import { ran } from './stored-folder.js'
import { execute, history, openSession, Traffic } from './traffic.js'

const newFolder = () => mkdtemp(join(tmpdir(), 'talus-cli-data-'))

type Json = Record<string, unknown>

async function call(url: string, method: string, path: string, body?: object): Promise<Json> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/v1${path}`, { method, headers, ...sent })
  return (await response.json()) as Json
}

const made = new Map<number, Promise<string>>()

/** A folder with one session of some entries and one project; the server has ended. */
async function stored(entries = 5): Promise<string> {
  const original = made.get(entries) ?? fill(entries)
  made.set(entries, original)
  const dataDir = await newFolder()
  await cp(await original, dataDir, { recursive: true })
  return dataDir
}

async function fill(entries: number): Promise<string> {
  const dataDir = await newFolder()
  await using server = await launchOn(dataDir)
  await openSession(server.url)
  for (let i = 0; i < entries; i += 1) await execute(server.url, `c${i}`)
  const project = { template_id: 'film-production', project_name: 'Night Train' }
  expect(await call(server.url, 'POST', '/projects', project)).toHaveProperty('project_id')
  server.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
  return dataDir
}

/** Changes the database of a folder; gives the id of the session with entries. */
function damage(dataDir: string, sql: string): void {
  const database = new DatabaseSync(join(dataDir, 'talus.db'))
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

async function inspected(dataDir: string): Promise<Json & { sessions: Json[]; projects: Json[] }> {
  const { code, stdout } = await ran('inspect', '--json', '--data-dir', dataDir)
  expect(code).toBe(0)
  return JSON.parse(stdout) as Awaited<ReturnType<typeof inspected>>
}

describe('inspect', { timeout: 0 }, () => {
  test('[CMD5] lists sessions and projects, as a table and as JSON', async () => {
    const dataDir = await stored()
    const { sessions, projects } = await inspected(dataDir)
    expect(sessions).toMatchObject([
      { seq: 5, first_seq: 1, entries: 5, receipts: 0, snapshot_seq: null },
      { seq: 1, project_id: projects[0]?.project_id },
    ])
    expect(projects).toMatchObject([{ session_id: sessions[1]?.session_id, saved_seq: 1 }])
    const { code, stdout } = await launch(['inspect', '--data-dir', dataDir]).ended
    expect(code).toBe(0)
    expect(stdout).toContain('2 sessions, 1 projects')
    expect(stdout).toContain('Night Train')
    // Whatever a name is, it must not speak to the terminal.
    damage(dataDir, "update projects set project_name = char(27) || '[31m'")
    const { stdout: printed } = await ran('inspect', '--data-dir', dataDir)
    expect(printed).toContain('?[31m')
  })

  test('[CMD5] reads beside a running server, which goes on', async () => {
    const dataDir = await newFolder()
    await using server = await launchOn(dataDir)
    await openSession(server.url)
    await execute(server.url, 'before')
    expect((await inspected(dataDir)).sessions).toMatchObject([{ seq: 1 }])
    expect(await execute(server.url, 'after')).toMatchObject({ ok: true, seq: 2 })
  })
})

describe('reliability row 2: verify', { timeout: 0 }, () => {
  test('[STORE1] finds whole data whole, also beside a running server', async () => {
    const dataDir = await newFolder()
    await using server = await launchOn(dataDir)
    await openSession(server.url)
    const traffic = new Traffic(8)
    const client = await traffic.bySocket(server.url, 'one')
    await traffic.reaches(1_500)
    const { code, stdout, stderr } = await launch(['verify', '--data-dir', dataDir]).ended
    client.socket.disconnect()
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/: whole, to seq \d+\n1 sessions are whole\n$/)
  })

  test.each([
    ['a changed entry', `update log set body = body || ' ' where seq = 5`, 'seq 5 is damaged'],
    ['a lost entry', `delete from log where seq = 5`, 'seq 5 is missing'],
    [
      'a changed head',
      `update sessions set last_digest = 'x' where last_seq = 5`,
      'seq 5 is not what the head of the session says',
    ],
    [
      'text that is none',
      `update log set body = cast(x'ff' as text) where seq = 5`,
      'seq 5 is damaged',
    ],
  ])('[STORE1] names the place of %s, and exits with 1', async (_, sql, place) => {
    const dataDir = await stored()
    damage(dataDir, sql)
    const { code, stdout } = await ran('verify', '--data-dir', dataDir)
    expect(code).toBe(1)
    expect(stdout).toContain(place)
    expect(stdout).toContain('whole, to seq 1')
    const json = await ran('verify', '--json', '--data-dir', dataDir)
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, sessions: expect.anything() })
    const named = expect.stringContaining(place) as unknown
    expect((await inspected(dataDir)).sessions.map(({ damage: what }) => what)).toEqual([
      named,
      null,
    ])
    // The server serves the others, and says what is wrong with this one.
    const log = capturedLog('error')
    await using server = await testApp({ dataDir, logger: log.logger })
    const { sessions } = await call(server.url, 'GET', '/sessions')
    const [damaged, whole] = sessions as { session_id: string }[]
    const graphs = [damaged, whole].map((session) =>
      call(server.url, 'GET', `/graph?session_id=${session?.session_id}`),
    )
    expect(await Promise.all(graphs)).toMatchObject([
      {
        error: { code: 'STORAGE_UNAVAILABLE', retryable: false, details: [{ actual: 'damaged' }] },
      },
      { seq: 1 },
    ])
    expect(log.text()).toContain(place)
  })
})

/** Rows that are behind the indexes. */
function behind(dataDir: string): number {
  const database = new DatabaseSync(join(dataDir, 'talus.db'))
  const sql = 'select count(*) as count from log where id > (select indexed from journal)'
  const [row] = database.prepare(sql).all() as { count: number }[]
  database.close()
  return row?.count ?? 0
}

describe('what is not in the indexes yet', { timeout: 0 }, () => {
  test('[CMD3] [SYNC3] is seen, verified and copied beside a running server', async () => {
    const dataDir = await newFolder()
    const file = join(await newFolder(), 'backup.db')
    const restored = await newFolder()
    await using server = await launchOn(dataDir)
    await openSession(server.url)
    for (let i = 1; i <= 12; i += 1) await execute(server.url, `c${i}`)
    expect(behind(dataDir)).toBe(12)
    expect((await inspected(dataDir)).sessions).toMatchObject([{ seq: 12, entries: 12 }])
    const { code, stdout } = await ran('verify', '--data-dir', dataDir)
    expect([code, stdout]).toEqual([0, 's: whole, to seq 12\n1 sessions are whole\n'])
    expect((await ran('backup', '--to', file, '--data-dir', dataDir)).code).toBe(0)
    const before = await history(server.url)
    server.kill('SIGKILL')
    await server.ended
    expect((await inspected(dataDir)).sessions).toMatchObject([{ seq: 12, entries: 12 }])

    expect((await ran('restore', '--from', file, '--data-dir', restored)).code).toBe(0)
    expect(behind(restored)).toBe(12)
    for (const folder of [restored, dataDir]) {
      await using again = await launchOn(folder)
      expect(await history(again.url)).toEqual(before)
      expect(await execute(again.url, 'c7')).toMatchObject({ seq: 7, duplicate: true })
      expect(await execute(again.url, 'new')).toMatchObject({ ok: true, seq: 13 })
      again.kill('SIGTERM')
      expect((await again.ended).code).toBe(0)
      expect(behind(folder)).toBe(0)
      expect((await inspected(folder)).sessions).toMatchObject([{ seq: 13, entries: 13 }])
    }
  })

  test('[STORE1] is named when it is damaged: by every command, and the server', async () => {
    const dataDir = await newFolder()
    await using server = await launchOn(dataDir)
    await openSession(server.url)
    await execute(server.url, 'c1')
    server.kill('SIGKILL')
    await server.ended
    damage(dataDir, `update log set body = body || ' '`)
    const named = expect.stringContaining('the entry at seq 1 is damaged') as unknown
    const verified = await ran('verify', '--data-dir', dataDir)
    expect([verified.code, verified.stdout]).toEqual([1, named])
    const copied = await ran('backup', '--to', join(dataDir, 'copy.db'), '--data-dir', dataDir)
    expect([copied.code, copied.stderr]).toEqual([1, named])
    expect((await inspected(dataDir)).sessions).toMatchObject([{ damage: named }])
    await using again = await launchOn(dataDir)
    expect(await call(again.url, 'GET', '/graph?session_id=s')).toMatchObject({
      error: { code: 'STORAGE_UNAVAILABLE', details: [{ actual: 'damaged' }] },
    })
    expect(await call(again.url, 'POST', '/sessions', { session_id: 'other' })).toHaveProperty(
      'session_id',
    )
    again.kill('SIGTERM')
    expect((await again.ended).stderr).toContain('the entry at seq 1 is damaged')
  })
})

describe('backup and restore', { timeout: 0 }, () => {
  test('[SYNC3] a backup under load is one moment; its restore has new epochs', async () => {
    const dataDir = await newFolder()
    const file = join(await newFolder(), 'backup.db')
    const traffic = new Traffic(8)
    await using server = await launchOn(dataDir)
    await openSession(server.url)
    const client = await traffic.bySocket(server.url, 'one')
    await traffic.reaches(300)
    const backup = await launch(['backup', '--to', file, '--data-dir', dataDir]).ended
    expect(backup.code).toBe(0)
    client.socket.disconnect()
    const before = await history(server.url)
    const [original] = (await inspected(dataDir)).sessions
    server.kill('SIGTERM')
    await server.ended

    const restored = await newFolder()
    const restore = await launch(['restore', '--from', file, '--data-dir', restored]).ended
    expect(restore.code).toBe(0)
    expect(await readdir(restored)).toEqual(['talus.db', 'talus.db-lock'])
    const [copy] = (await inspected(restored)).sessions
    expect(copy?.epoch).not.toBe(original?.epoch)
    await using again = await launchOn(restored)
    const after = await history(again.url)
    expect(after.length).toBeGreaterThanOrEqual(300)
    expect(after).toEqual(before.slice(0, after.length))
    expect(await execute(again.url, 'new')).toMatchObject({ ok: true, seq: after.length + 1 })
  })

  test('[SYNC3] restore takes neither a running server nor other data away', async () => {
    const dataDir = await stored()
    const file = join(await newFolder(), 'backup.db')
    expect((await ran('backup', '--to', file, '--data-dir', dataDir)).code).toBe(0)
    const twice = await ran('backup', '--to', file, '--data-dir', dataDir)
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining(file)])
    const restore = ['restore', '--from', file, '--data-dir', dataDir] as const
    const unforced = await ran(...restore)
    expect([unforced.code, unforced.stderr]).toEqual([1, expect.stringContaining('--force')])
    await using server = await launchOn(dataDir)
    const running = await ran(...restore, '--force')
    expect([running.code, running.stderr]).toEqual([1, expect.stringContaining('in use')])
    expect(await execute(server.url, 'more')).toMatchObject({ ok: true, seq: 6 })
    server.kill('SIGKILL')
    await server.ended
    expect((await ran(...restore, '--force')).code).toBe(0)
    expect((await inspected(dataDir)).sessions).toMatchObject([{ seq: 5 }, { seq: 1 }])
  })

  test.each([
    ['a damaged backup', `update log set body = '{}' where seq = 5`, 'seq 5 is damaged'],
    ['a backup without its end', `delete from log where seq = 5`, 'seq 5 is missing'],
  ])('[SYNC3] %s is not restored, and nothing is touched', async (_, sql, place) => {
    const source = await stored()
    damage(source, sql)
    const dataDir = await stored(2)
    const from = join(source, 'talus.db')
    const { code, stderr } = await ran('restore', '--force', '--from', from, '--data-dir', dataDir)
    expect([code, stderr]).toEqual([1, expect.stringContaining(place)])
    expect(await readdir(dataDir)).toEqual(['talus.db', 'talus.db-lock'])
    expect((await inspected(dataDir)).sessions).toMatchObject([{ seq: 2 }, { seq: 1 }])
    const to = join(source, 'copy.db')
    expect((await ran('backup', '--to', to, '--data-dir', source)).code).toBe(1)
    expect(await readdir(source)).not.toContain('copy.db')
  })
})

test('[IDEM1] verify finds an id that no longer leads to its command', async () => {
  const dataDir = await stored()
  damage(dataDir, `delete from by_cmd where id = (select id from log where seq = 3)`)
  const { code, stdout } = await launch(['verify', '--data-dir', dataDir]).ended
  expect([code, stdout]).toEqual([
    1,
    expect.stringContaining('the entry at seq 3 is not found by its command'),
  ])
}, 0)

describe('arguments', { timeout: 0 }, () => {
  test.each([
    [['backup'], '--to'],
    [['restore'], '--from'],
    [['inspect', '--to', 'x'], '--help'],
  ] as const)('%s is refused with a hint', async ([name, ...args], hint) => {
    const { code, stdout, stderr } = await ran(name, ...args)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(hint)])
  })

  test('the process ends with the code of the command', async () => {
    const { code, stdout, stderr } = await launch(['backup']).ended
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('--to')])
  })

  test.each(['inspect', 'verify'])('%s of a folder without data says so', async (command) => {
    const dataDir = await newFolder()
    await writeFile(join(dataDir, 'other'), '')
    const { code, stderr } = await ran(command, '--data-dir', dataDir)
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${dataDir}/talus.db is not there`)])
    expect(await readdir(dataDir)).toEqual(['other'])
  })

  test('the data folder may come from its variable', async () => {
    const dataDir = await newFolder()
    const { code, stderr } = await launch(['inspect'], { TALUS_DATA_DIR: dataDir }).ended
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${dataDir}/talus.db is not there`)])
  })
})
