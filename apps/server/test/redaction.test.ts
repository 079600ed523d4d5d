import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import { createMemoryJournal } from '../src/journal/index.js'
import { capturedLog } from './captured-log.js'
import { quickApp, type TestApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

/** Stands wherever a client can put a text that is nobody else's business. */
const WORD = 'hush-8c1f'

const CREATE = {
  blueprint_type_id: 'task',
  name: WORD,
  properties: { secret: WORD, nested: { [WORD]: [WORD] } },
}

const EVENTS = ['join_session', 'leave_session', 'execute_command', 'preview_command']
const MORE_EVENTS = ['undo_command', 'redo_command', 'update_presence', WORD]

/** Payloads that are right, wrong, and of no shape at all. */
function payloads(session_id: string): unknown[] {
  const commands = [
    ['CreateNode', CREATE],
    ['CreateNode', { blueprint_type_id: 7, name: WORD }],
    ['UpdateProperty', { node_id: 'n', property_id: WORD, new_value: WORD, old_value: WORD }],
    ['Batch', { commands: [{ command_type: 'CreateNode', data: CREATE }, WORD], label: WORD }],
    [WORD, { [WORD]: WORD }],
  ]
  return [
    ...commands.map(([command_type, data]) => ({ session_id, command_type, data, label: WORD })),
    { session_id, state: { focus: null, cursor: WORD } },
    { session_id, share_token: WORD, actor: { id: WORD, name: WORD } },
    { session_id: `${WORD} ${WORD}`, command_id: `${WORD} ${WORD}` },
    WORD,
    [WORD],
  ]
}

async function throughSockets(app: TestApp, session_id: string, auth: object): Promise<void> {
  const root = await app.client({ auth: { ...auth, share_token: WORD } })
  const graph = await app.graphClient(session_id, { auth: { ...auth, session_id } })
  for (const client of [root, graph]) {
    for (const event of [...EVENTS, ...MORE_EVENTS]) {
      for (const payload of payloads(session_id)) {
        await client.ask(event, payload)
        client.socket.emit(event, payload)
      }
    }
    await client.settled()
  }
  for (const wrong of [{ token: WORD }, { share_token: WORD }, { token: [WORD] }]) {
    await expect(app.client({ auth: wrong })).rejects.toThrow(/token|Authentication/)
    await expect(app.graphClient(session_id, { auth: wrong })).rejects.toThrow(
      /token|Authentication/,
    )
  }
}

async function throughRest(app: TestApp, session_id: string, headers: object): Promise<void> {
  const wrong = { authorization: `Bearer ${WORD}`, 'x-share-token': WORD, 'x-actor-name': WORD }
  for (const sent of [headers, wrong]) {
    const as = { ...sent, 'x-session-id': session_id }
    for (const body of payloads(session_id)) {
      for (const path of ['/commands/execute', '/commands/preview', '/graph/search', '/projects']) {
        await app.api('POST', path, body, as)
      }
      await app.api('POST', `/sessions/${session_id}/share-links`, body, as)
      await app.api('POST', '/projects/import', { graph: { nodes: [body] }, name: WORD }, as)
    }
    await app.api(
      'GET',
      `/graph?session_id=${session_id}&at_seq=${WORD}&${WORD}=${WORD}`,
      undefined,
      as,
    )
    await app.api('GET', `/nothing/here?token=${WORD}`, undefined, as)
    for (const body of [`{ "name": "${WORD}"`, `${WORD}`, `{"__proto__":"${WORD}"}`]) {
      await fetch(`${app.url}/api/v1/commands/execute?${WORD}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(as as Record<string, string>) },
        body,
      })
    }
  }
}

/** What is no HTTP at all, or breaks off. */
async function throughRawHttp(app: TestApp): Promise<void> {
  const { hostname, port } = new URL(app.url)
  for (const text of [`${WORD}\r\n\r\n`, `GET /${WORD}?${WORD} HTTP/9\r\n${WORD}\r\n\r\n`]) {
    const socket = connect(Number(port), hostname)
    socket.end(text)
    socket.resume()
    await once(socket, 'close')
  }
}

test('no log entry, at any level, holds a secret or what a project contains', async () => {
  const log = capturedLog('trace')
  const args = ['--jwt-secret', SECRET, '--failed-login-rate', '0', '--admins', 'root']
  await using app = await quickApp({ args, logger: log.logger })
  const headers = await bearer('ann')
  const { body } = await app.api('POST', '/sessions', { session_id: 's' }, headers)
  expect(body.session_id).toBe('s')
  await throughSockets(app, 's', { token: await tokenFor('ann') })
  await throughRest(app, 's', headers)
  await throughRawHttp(app)
  const link = await app.api('POST', '/sessions/s/share-links', { role: 'editor' }, headers)
  const guest = await app.client({ auth: { share_token: link.body.token } })
  await guest.join('s', { share_token: link.body.token })
  expect(log.lines().length).toBeGreaterThan(20)
  expect(log.text()).not.toContain(WORD)
  expect(log.text()).not.toContain(String(link.body.token))
  expect(log.text()).not.toContain(headers.authorization.slice('Bearer '.length))
})

test('an error shows what and where, not what was in it', async () => {
  const log = capturedLog('trace')
  const journal = createMemoryJournal()
  const failing = {
    ...journal,
    // As JSON that is damaged in the database fails, which quotes what it found.
    loadSession: async () => JSON.parse(`{ "properties": "${WORD}" `) as never,
    listSessions: () => {
      const error = new StorageError('The disk cannot be read', { cause: new Error('EIO') })
      return Promise.reject(Object.assign(error, { values: [WORD], request: { body: WORD } }))
    },
  }
  await using app = await quickApp({ journal: failing, logger: log.logger })
  expect((await app.api('GET', `/sessions/s?${WORD}`)).status).toBe(503)
  expect((await app.api('GET', `/sessions?token=${WORD}`)).status).toBe(503)
  expect(log.lines().filter(({ level }) => level === 50)).toMatchObject([
    { session_id: 's', err: { type: 'SyntaxError', stack: expect.stringMatching(/^ +at /) } },
    {
      asked: 'GET /api/v1/sessions',
      err: { type: 'StorageError', message: 'The disk cannot be read', cause: { message: 'EIO' } },
    },
  ])
  expect(log.text()).not.toContain(WORD)
})

test('fields that hold secrets are censored wherever they are logged', async () => {
  const log = capturedLog('info')
  await using app = await quickApp({ logger: log.logger })
  const held = { token: WORD, authorization: WORD, properties: { a: WORD }, new_value: WORD }
  app.rest.log.info({ ...held, request: held, of: { request: held } }, 'of a plugin')
  expect(log.text()).toContain('[redacted]')
  expect(log.text()).not.toContain(WORD)
})

test('a group that cannot be made durable names its session', async () => {
  const log = capturedLog('error')
  const journal = createMemoryJournal()
  const fails = () => Promise.reject(new StorageError('The disk cannot be read'))
  await using app = await quickApp({ journal: { ...journal, append: fails }, logger: log.logger })
  const client = await (await app.client()).join('s')
  await client.execute('s', 'CreateNode', CREATE, { command_id: 'c' })
  expect(log.lines().filter(({ level }) => level === 50)).toMatchObject([
    { session_id: 's', err: { type: 'StorageError' } },
  ])
})
