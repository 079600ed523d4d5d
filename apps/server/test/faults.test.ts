import { expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import { createMemoryJournal, type Journal } from '../src/journal/index.js'
import { DOORS, openDoor } from './doors.js'
import { quickApp } from './harness.js'
import { keptLog } from './log-lines.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

/** What is known of a fault inside and must not get out. */
const INSIDE = "SQLITE_IOERR: INSERT INTO members, file '/var/lib/talus/talus.db'"

const CREATE = { blueprint_type_id: 'task' }

const ERROR_ID = /^id-\d+$/

type Told = { code?: unknown; message?: unknown; error_id?: unknown }

/** A server with a log that is kept, a journal with faults, and a source of ids that fails once. */
async function faulty(broken: Partial<Journal> = {}, args: string[] = []) {
  const { logger, lines } = keptLog()
  const journal = { ...createMemoryJournal(), ...broken }
  let ids = 0
  let failsNext = false
  const newId = () => {
    if (failsNext) {
      failsNext = false
      throw new Error(INSIDE)
    }
    ids += 1
    return `id-${ids}`
  }
  const app = await quickApp({ journal, logger, newId, args })
  const breakNextId = () => {
    failsNext = true
  }
  return { app, lines, breakNextId }
}

/** The one line that the log has under the id of what was told; nothing of it is told. */
function logged(lines: readonly Record<string, unknown>[], told: unknown) {
  const { error_id } = told as Told
  expect(error_id).toMatch(ERROR_ID)
  const found = lines.filter((line) => line.error_id === error_id)
  expect(found).toHaveLength(1)
  expect(JSON.stringify(told)).not.toMatch(/SQL|talus\.db|INSERT|at .*:\d+/)
  return found[0]
}

const INTERNAL = { code: 'INTERNAL_ERROR', message: 'Internal server error', retryable: true }

test('[ERR1] a fault of planning has one id: for the caller, the room and the log', async () => {
  const { app, lines, breakNextId } = await faulty()
  await using _ = app
  const root = await (await app.client()).join('s')
  const graph = await app.graphClient('s')
  for (const [i, name] of DOORS.entries()) {
    const door = await openDoor(app, name, 's')
    root.clear()
    graph.clear()
    breakNextId()
    const answer = await door.execute('CreateNode', CREATE, { command_id: `c-${i}` })
    const { error_id } = answer.error as Told
    expect(answer.error).toEqual({ ...INTERNAL, error_id })
    expect((await root.next('command:failed')).error).toEqual(answer.error)
    const { code, message: error } = INTERNAL
    expect(await graph.next('command:failed')).toMatchObject({ code, error, error_id })
    expect(logged(lines, answer.error)).toMatchObject({
      session_id: 's',
      command_id: `c-${i}`,
      err: { message: INSIDE, stack: expect.stringContaining('at ') },
    })
  }
})

test('[ERR1] an append that fails is one fault for all whom it meets', async () => {
  const append = () => Promise.reject(new Error(INSIDE))
  const { app, lines } = await faulty({ append })
  await using _ = app
  const root = await (await app.client()).join('s')
  const asked = [1, 2].map(() => root.execute('s', 'CreateNode', CREATE))
  const [one, other] = await Promise.all(asked)
  expect(one?.error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', error_id: expect.any(String) })
  expect(other?.error).toEqual(one?.error)
  expect(root.of('command:failed').map(({ error }) => error)).toEqual([one?.error, one?.error])
  expect(logged(lines, one?.error)).toMatchObject({ session_id: 's' })
})

test.each([
  ['INTERNAL_ERROR', new Error(INSIDE)],
  ['STORAGE_UNAVAILABLE', new StorageError(INSIDE)],
])('[ERR1] %s at every other door names what the log has', async (code, fault) => {
  const fails = () => Promise.reject(fault)
  const { app, lines } = await faulty({ listSessions: fails, findShareLink: fails }, [
    '--jwt-secret',
    SECRET,
    '--admins',
    'ann',
  ])
  await using _ = app
  const by = await bearer('ann')
  const rest = await app.api('GET', '/sessions?secret=hidden', undefined, by)
  expect(logged(lines, rest.body.error)).toMatchObject({ asked: 'GET /api/v1/sessions' })
  expect(JSON.stringify(lines)).not.toContain('hidden')

  const client = await app.client({ auth: { token: await tokenFor('ann') } })
  const join = { session_id: 's', share_token: 'a'.repeat(43) }
  const { error } = await client.ask('join_session', join)
  expect(logged(lines, error)).toMatchObject({ event: 'join_session' })

  client.socket.emit('join_session', join)
  const event = await client.next('error')
  logged(lines, event)

  const refused: unknown = await app
    .client({ auth: { share_token: 'a'.repeat(43) } })
    .catch((e) => e)
  const { data } = refused as { data: Told }
  logged(lines, data)
  for (const told of [rest.body.error, error, event, data]) expect(told).toMatchObject({ code })
  expect(new Set([rest.body.error, error, event, data].map((t) => (t as Told).error_id)).size).toBe(
    4,
  )
})
