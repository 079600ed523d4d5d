import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { guarded, printable } from '../src/observability/log.js'
import { capturedLog } from './captured-log.js'
import { RawClient } from './harness.js'
import { launch } from './server-process.js'
import { SECRET, tokenFor } from './tokens.js'

/** What a terminal or a viewer obeys, or hides. */
const WICKED = [
  '\u001b',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u061c',
  '\u200b',
  '\u200e',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\u{e0041}',
]

function wickedIn(text: string): string[] {
  return WICKED.filter((character) => text.includes(character))
}

test.each(WICKED.map((character) => [printable(character), character]))(
  'a log has %s for the character',
  (escape, character) => {
    expect(escape).toMatch(/^\\u(\{[\da-f]+\}|[\da-f]{4})$/)
    const log = capturedLog('info')
    const name = `a${character}b`
    const about = { actor_id: name, nested: { names: [name] }, [name]: 1 }
    guarded(log.logger).info({ ...about, err: new Error(name, { cause: new Error(name) }) }, 'said')
    guarded(log.logger).info({ req: { method: 'GET', url: `/${name}?x`, ip: name } }, 'asked')
    const shown = `a${escape}b`
    expect(log.lines()[0]).toMatchObject({
      actor_id: shown,
      nested: { names: [shown] },
      err: { message: shown, cause: { message: shown } },
    })
    expect(log.lines()[1]).toMatchObject({ req: { path: `/${shown}`, address: shown } })
    // Decoded, there is nothing to obey either.
    expect(log.lines().flatMap((line) => wickedIn(Object.values(line).join()))).toEqual([])
  },
)

test('names, ids and headers reach neither log nor audit log as they are', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-printable-'))
  const file = join(dataDir, 'audit.log')
  const args = [
    '--port',
    '0',
    '--data-dir',
    dataDir,
    '--audit-log',
    file,
    '--trust-proxy',
    'loopback',
  ]
  await using server = launch(args, { TALUS_JWT_SECRET: SECRET })
  const { url } = JSON.parse(await server.greeting) as { url: string }
  const evil = `eve${WICKED.slice(2).join('')}`
  const token = await tokenFor(evil, { name: evil })
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'user-agent': Buffer.from(evil).toString('latin1'),
    'x-forwarded-for': Buffer.from(evil).toString('latin1'),
  }
  const api = (method: string, path: string, body?: object) =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  await api('POST', '/sessions', { session_id: 's' })
  await api('PUT', `/sessions/s/members/${encodeURIComponent(`m${evil}`)}`, { role: 'viewer' })
  await api('GET', `/sessions/${encodeURIComponent(evil)}`)
  await api('POST', '/projects', { template_id: evil, project_name: evil })
  const client = await new RawClient(url, { auth: { token } }).connected().catch(() => undefined)
  await client?.ask('join_session', { session_id: 's' })
  await client?.ask('join_session', { session_id: evil })
  await client?.ask(evil, { session_id: evil })
  client?.socket.disconnect()
  server.kill('SIGTERM')
  const { stderr } = await server.ended
  const audit = await readFile(file, 'utf8')
  expect(audit).toContain('eve')
  expect(wickedIn(audit)).toEqual([])
  expect(wickedIn(stderr)).toEqual([])
  await rm(dataDir, { recursive: true })
})

test('what is printable stays as it is', () => {
  const text = 'Zoë 名前 — naïve £5 👍 ẞ'
  expect(printable(text)).toBe(text)
  const log = capturedLog('info')
  guarded(pino({ level: 'info' }, { write: (line) => log.logger.info(JSON.parse(line)) })).info({
    actor_id: text,
  })
  expect(log.lines()[0]).toMatchObject({ actor_id: text })
})
