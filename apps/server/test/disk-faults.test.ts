import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { verifyFile } from '../src/commands/verify.js'
import { diskFaults, type DiskFaults } from './disk-faults.js'
import { temporaryDirectory } from './journal-directory.js'
import { launch } from './server-process.js'

const CHILD = fileURLToPath(new URL('./journal-disk-faults-child.mjs', import.meta.url))

/** `pnpm test:long` goes through the others as well, and through all that a journal does. */
const IS_WHOLE = process.env['TALUS_MATRIX'] === 'whole'
const FILES = IS_WHOLE ? ['log', 'database', 'index'] : ['log']
const ACTIONS = IS_WHOLE
  ? 'append,checkpoint,snapshot,truncate,read,others,reopen'
  : 'append,checkpoint,reopen'

type Outcome = {
  action: string
  op: string
  file: string
  hits?: number
  refused?: number
  lost?: boolean
  wrong: string[]
}

async function outcomesOn(path: string, file: string): Promise<Outcome[] | undefined> {
  const faults = diskFaults(path, join(path, 'data', 'live.db'))
  if (!faults) return undefined
  const child = spawn(process.execPath, [CHILD, join(path, 'data'), file, ACTIONS], {
    env: { ...process.env, ...faults.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const outcomes: Outcome[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    outcomes.push(JSON.parse(line) as Outcome)
  }
  expect(await ended).toEqual([0, null])
  return outcomes
}

describe('reliability row 21: each read, write, sync and truncation fails, one and all', () => {
  test.each(FILES)(
    '[STORE1] of the %s: nothing is lost, doubled or comes back, and commands are taken again',
    { timeout: 0 },
    async (file) => {
      await using directory = await temporaryDirectory()
      const outcomes = await outcomesOn(directory.path, file)
      if (outcomes === undefined) return
      expect(outcomes.filter(({ wrong }) => wrong.length > 0)).toEqual([])
      const failed = outcomes.filter(({ hits = 0 }) => hits > 0)
      expect(failed.length).toBeGreaterThan(5)
      if (file !== 'log') return
      // The suite sees what it is about: refusals, and commits of which nobody knows.
      expect(failed.filter(({ refused = 0 }) => refused > 0).length).toBeGreaterThan(5)
      expect(failed.filter(({ lost }) => lost).length).toBeGreaterThan(0)
    },
  )
})

type Faulty = { url: string; faults: DiskFaults; file: string; server: ReturnType<typeof launch> }

/** A server whose disk the test decides about. */
async function faultyServer(path: string): Promise<Faulty | undefined> {
  const dataDir = join(path, 'data')
  await mkdir(dataDir)
  const file = join(dataDir, 'talus.db')
  const faults = diskFaults(path, file)
  if (!faults) return undefined
  const unlimited = ['user', 'session'].flatMap((of) => [`--write-rate-per-${of}`, '0'])
  const server = launch(['--port', '0', '--data-dir', dataDir, ...unlimited], faults.env)
  const { url } = JSON.parse(await server.greeting) as { url: string }
  return { url, faults, file, server }
}

async function post(url: string, path: string, body: object): Promise<number> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  await response.arrayBuffer()
  return response.status
}

let lastId = 0

/** Creates a node; false when it is refused. */
async function create(url: string, name: string, text = ''): Promise<boolean> {
  const command_id = `c${(lastId += 1)}`
  const data = { blueprint_type_id: 't', name, properties: { text } }
  const command = { session_id: 's', command_type: 'CreateNode', command_id, data }
  return (await post(url, '/commands/execute', command)) < 300
}

async function readiness(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/ready`)
  await response.arrayBuffer()
  return response.status
}

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await pause(50)
}

/** How many of so many commands, 6 MB in all, are acknowledged. */
async function load(url: string, count: number): Promise<number> {
  const text = 'x'.repeat(6_000_000 / count)
  const created = Array.from({ length: count }, (_, i) => create(url, `n${i}`, text))
  return (await Promise.all(created)).filter(Boolean).length
}

describe('a server whose disk fails', { timeout: 0 }, () => {
  test('[STORE1] reads of the log fail for 15 ms at a time while it is copied: nothing is lost', async () => {
    await using directory = await temporaryDirectory()
    const faulty = await faultyServer(directory.path)
    if (!faulty) return
    const { url, faults, file, server } = faulty
    expect(await post(url, '/sessions', { session_id: 's' })).toBe(201)
    let acknowledged = 0
    let hits = 0
    while (hits < 3) {
      const under = load(url, 100)
      for (let burst = 0; burst < 10; burst += 1) {
        await pause(20)
        faults.arm({ op: 'read', files: ['log'], error: 'EIO' })
        await pause(15)
        faults.disarm()
        hits += faults.hits()
      }
      acknowledged += await under
    }
    await until(async () => (await readiness(url)) === 200)
    await until(() => create(url, 'after'))
    server.kill('SIGKILL')
    await server.ended
    const { ok, sessions, database } = verifyFile(file)
    expect([ok, database]).toEqual([true, []])
    expect(sessions[0]?.seq).toBeGreaterThanOrEqual(acknowledged + 1)
  })

  test('while nothing can be written, ready is red; then it takes commands by itself', async () => {
    await using directory = await temporaryDirectory()
    const faulty = await faultyServer(directory.path)
    if (!faulty) return
    const { url, faults } = faulty
    expect(await post(url, '/sessions', { session_id: 's' })).toBe(201)
    for (const error of ['EIO', 'ENOSPC'] as const) {
      expect(await create(url, 'before')).toBe(true)
      faults.arm({ op: 'write', files: ['database', 'log', 'index', 'other'], error })
      expect(await create(url, 'during')).toBe(false)
      await until(async () => (await readiness(url)) === 503)
      expect((await fetch(`${url}/api/v1/health`)).status).toBe(200)
      faults.disarm()
      await until(async () => (await readiness(url)) === 200)
      await until(() => create(url, 'after'))
    }
    faults.arm({ op: 'read', files: ['database', 'log', 'index'], error: 'EIO' })
    await load(url, 50)
    faults.disarm()
    await until(async () => (await readiness(url)) === 200)
    await until(() => create(url, 'after'))
  })

  test('a commit that can neither be synced nor taken back ends the process before it is answered', async () => {
    await using directory = await temporaryDirectory()
    const faulty = await faultyServer(directory.path)
    if (!faulty) return
    const { url, faults, file, server } = faulty
    expect(await post(url, '/sessions', { session_id: 's' })).toBe(201)
    expect(await create(url, 'before')).toBe(true)
    faults.arm({ op: 'sync', files: ['log'], error: 'EIO' })
    await expect(create(url, 'undecided')).rejects.toThrow('fetch failed')
    expect((await server.ended).code).toBe(1)
    expect(server.stderr()).toContain('A failed commit can neither be completed nor taken back')
    expect(verifyFile(file)).toMatchObject({ ok: true })
  })

  test('a commit that fails to sync once is refused, and does not come back after kill -9', async () => {
    await using directory = await temporaryDirectory()
    const faulty = await faultyServer(directory.path)
    if (!faulty) return
    const { url, faults, file, server } = faulty
    expect(await post(url, '/sessions', { session_id: 's' })).toBe(201)
    expect(await create(url, 'before')).toBe(true)
    faults.arm({ op: 'sync', files: ['log'], error: 'EIO', count: 1 })
    expect(await create(url, 'refused')).toBe(false)
    expect(faults.hits()).toBe(1)
    server.kill('SIGKILL')
    await server.ended
    expect(verifyFile(file).sessions[0]?.seq).toBe(1)
  })
})
