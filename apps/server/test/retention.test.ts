import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testApp, type TestApp } from './harness.js'
import { newFolder, ran } from './stored-folder.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Time that goes by when it is told to, and what is done every hour. */
class Calendar {
  #time = Date.parse('2026-01-01T00:00:00.000Z')
  #hourly: (() => void)[] = []

  now = (): string => new Date(this.#time).toISOString()

  after = (ms: number, work: () => void): void => {
    if (ms >= HOUR) this.#hourly.push(work)
    else if (ms < 60_000) setTimeout(work, ms).unref()
  }

  pass(ms: number): void {
    this.#time += ms
  }

  /** What is due every hour is done. */
  strike(): void {
    for (const work of this.#hourly.splice(0)) work()
  }

  /** How many wait for the next hour: what was struck is over when there is one again. */
  get waiting(): number {
    return this.#hourly.length
  }
}

const oneTurn = () => new Promise((resolve) => setTimeout(resolve, 5))

/** The next hour's sweep, to its end. */
async function swept(calendar: Calendar): Promise<void> {
  calendar.strike()
  while (calendar.waiting === 0) await oneTurn()
}

type Options = { dataDir: string; args: string[] }

function appAt(calendar: Calendar, options: Options): Promise<TestApp> {
  return testApp({ ...options, now: calendar.now, after: calendar.after })
}

const idOf = (name = '') => `to-${name.slice(0, 9).replaceAll(' ', '_')}`

async function rename(app: TestApp, session_id: string, names: string[]): Promise<void> {
  const headers = { 'x-session-id': session_id }
  for (const new_value of names) {
    const data = { node_id: 'n', property_id: 'name', new_value }
    const command = { command_type: 'UpdateProperty', data, command_id: idOf(new_value) }
    expect((await app.api('POST', '/commands/execute', command, headers)).status).toBe(200)
  }
}

/** A session with a node of that name, and of the names after it. */
async function session(
  app: TestApp,
  session_id: string,
  [name, ...names]: string[],
): Promise<void> {
  await app.api('POST', '/sessions', { session_id })
  const data = { blueprint_type_id: 'task', name, node_id: 'n' }
  const command = { command_type: 'CreateNode', data, command_id: idOf(name) }
  const headers = { 'x-session-id': session_id }
  expect((await app.api('POST', '/commands/execute', command, headers)).status).toBe(200)
  await rename(app, session_id, names)
}

async function seqs(app: TestApp, session_id: string): Promise<unknown> {
  const { first_seq } = await inspected(app.dataDir, session_id)
  const path = `/sessions/${session_id}/changes?after_seq=${first_seq - 1}`
  const { entries } = (await app.api('GET', path)).body as { entries: { seq: number }[] }
  return entries.map(({ seq }) => seq)
}

type Inspected = { first_seq: number; seq: number; snapshot_seq: number | null; oldest: string }

async function inspected(dataDir: string, session_id: string): Promise<Inspected> {
  const { stdout } = await ran('inspect', '--json', '--data-dir', dataDir)
  const { sessions } = JSON.parse(stdout) as { sessions: (Inspected & { session_id: string })[] }
  const found = sessions.find((one) => one.session_id === session_id)
  if (!found) throw new Error(stdout)
  return found
}

async function newOptions(...args: string[]): Promise<Options> {
  return { dataDir: join(await newFolder(), 'data'), args }
}

test('[STORE4] small sessions lose what is too old: open ones, unopened ones, after a restart', async () => {
  const calendar = new Calendar()
  const options = await newOptions('--retain-days', '1')
  {
    await using app = await appAt(calendar, options)
    await session(app, 'open', ['a', 'b', 'c'])
    await session(app, 'unopened', ['a', 'b', 'c'])
    await session(app, 'young', ['a'])
    calendar.pass(20 * HOUR)
    for (const id of ['open', 'unopened']) await rename(app, id, ['d'])
    await swept(calendar)
    expect(await seqs(app, 'open')).toEqual([1, 2, 3, 4])
    calendar.pass(6 * HOUR)
    const member = await (await app.client()).join('open')
    await swept(calendar)
    expect(await seqs(app, 'open')).toEqual([4])
    // Memory has no more than the store.
    const missed = { session_id: 'open', stream: 'changes', last_seq: 1 }
    expect(await member.ask('join_session', missed)).toMatchObject({ snapshot_required: true })
    await rename(app, 'open', ['e'])
    expect(await inspected(app.dataDir, 'unopened')).toMatchObject({
      first_seq: 4,
      seq: 4,
      oldest: '2026-01-01T20:00:00.000Z',
    })
    // [STORE3] The last one is kept, however old it is.
    expect(await seqs(app, 'young')).toEqual([1])
  }
  calendar.pass(30 * DAY)
  await using again = await appAt(calendar, options)
  while ((await inspected(again.dataDir, 'open')).first_seq < 5) await oneTurn()
  expect((await again.api('GET', '/sessions/open/nodes/n')).body.node).toMatchObject({ name: 'e' })
  expect((await again.api('GET', '/sessions/unopened/nodes/n')).body.node).toMatchObject({
    name: 'd',
  })
  expect((await again.api('GET', '/sessions/open/changes?after_seq=2')).body).toMatchObject({
    error: { code: 'HISTORY_TRUNCATED' },
  })
  expect((await ran('verify', '--data-dir', again.dataDir)).code).toBe(0)
}, 0)

test('[STORE4] --retain-entries holds for small sessions, and only the newer limit counts with --retain-days', async () => {
  const calendar = new Calendar()
  await using few = await appAt(calendar, await newOptions('--retain-entries', '2'))
  await session(few, 's', ['a', 'b', 'c', 'd', 'e'])
  await swept(calendar)
  expect(await seqs(few, 's')).toEqual([4, 5])
  await rename(few, 's', ['f', 'g'])
  await swept(calendar)
  expect(await seqs(few, 's')).toEqual([6, 7])

  const both = new Calendar()
  const args = ['--retain-entries', '2', '--retain-days', '1']
  await using app = await appAt(both, await newOptions(...args))
  await session(app, 's', ['a', 'b', 'c', 'd'])
  both.pass(2 * DAY)
  await rename(app, 's', ['e', 'f', 'g', 'h'])
  await swept(both)
  expect(await seqs(app, 's')).toEqual([5, 6, 7, 8])
}, 0)

test('[IDEM4] [UNDO1] ids and undo steps of removed entries stay, as the guide says', async () => {
  const calendar = new Calendar()
  await using app = await appAt(calendar, await newOptions('--retain-entries', '1'))
  await session(app, 's', ['a', 'b', 'c', 'd'])
  await swept(calendar)
  expect(await seqs(app, 's')).toEqual([4])
  const data = { node_id: 'n', property_id: 'name', new_value: 'b' }
  const retry = { command_type: 'UpdateProperty', data, command_id: 'to-b' }
  const headers = { 'x-session-id': 's' }
  expect((await app.api('POST', '/commands/execute', retry, headers)).body).toMatchObject({
    seq: 2,
    duplicate: true,
  })
  for (const name of ['c', 'b', 'a']) {
    expect((await app.api('POST', '/sessions/s/undo', {})).status).toBe(200)
    expect((await app.api('GET', '/sessions/s/nodes/n')).body.node).toMatchObject({ name })
  }
})

/** All bytes of the files of a data folder. */
async function bytesOf(dataDir: string): Promise<string> {
  const files = ['talus.db', 'talus.db-wal'].map((name) => readFile(join(dataDir, name), 'latin1'))
  return (await Promise.all(files.map((file) => file.catch(() => '')))).join('')
}

const SECRETS = Array.from({ length: 60 }, (_, n) => `secret ${n} ${'x'.repeat(n * 150)} end`)

/** Those that are anywhere in the files. */
async function foundIn(dataDir: string): Promise<string[]> {
  const bytes = await bytesOf(dataDir)
  return SECRETS.map((_, n) => `secret ${n} x`).filter((begin) => bytes.includes(begin))
}

test('[STORE4] [UNDO8] what was removed is in no page of the file and of its log', async () => {
  const calendar = new Calendar()
  const options = await newOptions('--retain-entries', '5')
  await using app = await appAt(calendar, options)
  const project = { template_id: 'film-production', project_name: 'P' }
  const made = (await app.api('POST', '/projects', project)).body
  const { project_id, session_id } = made as Record<string, string>
  const headers = { 'x-session-id': session_id }
  const execute = async (new_value: string) => {
    const { nodes } = (await app.api('GET', `/graph?session_id=${session_id}`)).body as {
      nodes: { id: string }[]
    }
    const data = { node_id: nodes[0]?.id, property_id: 'name', new_value }
    const command = { command_type: 'UpdateProperty', data }
    expect((await app.api('POST', '/commands/execute', command, headers)).status).toBe(200)
  }
  await app.api('POST', `/projects/${project_id}/save`, {})
  for (const secret of SECRETS) await execute(secret)
  expect(await foundIn(app.dataDir)).toHaveLength(59)
  // Undo stacks keep what their steps need; a load empties them.
  expect((await app.api('POST', `/projects/${project_id}/load`, {})).status).toBe(200)
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await execute(name)
  await swept(calendar)
  expect(await foundIn(app.dataDir)).toEqual([])
  expect((await ran('verify', '--data-dir', app.dataDir)).code).toBe(0)
}, 0)

test('[STORE4] what a deleted session held is overwritten by the next sweep', async () => {
  const calendar = new Calendar()
  await using app = await appAt(calendar, await newOptions())
  await session(app, 'kept', ['a', 'b'])
  await session(app, 'gone', ['a', ...SECRETS])
  expect(await foundIn(app.dataDir)).toHaveLength(59)
  expect((await app.api('DELETE', '/sessions/gone')).status).toBe(200)
  await swept(calendar)
  expect(await foundIn(app.dataDir)).toEqual([])
  expect((await ran('verify', '--data-dir', app.dataDir)).code).toBe(0)
  expect(await seqs(app, 'kept')).toEqual([1, 2])
}, 0)
